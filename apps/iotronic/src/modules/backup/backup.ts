// Backup and restore of a running cloud. A backup is a consistent copy of database, observations and keys; a restore is checked
// whole, laid beside, and taken over by a restart of the cloud within its process, with everything closed.
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RELEASE } from "@s4t/contract";
import type { AuditLog } from "../../edge/facts.ts";
import type { ByteStream } from "../../edge/routes.ts";
import type { Actor } from "../../policy/index.ts";
import type { Database } from "../../ports/database.ts";
import type { ObservationsDriver } from "../../ports/observations.ts";
import { packFolder, unpackTo } from "./archive.ts";

/** Name within the data folder of a restore that waits for the restart. */
const pending = "restore";
/** What a data folder keeps besides its two stores. */
const keptFiles = ["audit.key", "witness.jsonl", "ca", "admin.json"] as const;

export interface BackupDependencies {
  readonly folder: string;
  readonly database: Database;
  readonly observations: ObservationsDriver;
  readonly audit: AuditLog & { sequence(): Promise<void> };
  /** Restarts the cloud within its process, soon. */
  readonly restart: () => void;
}

export interface Backups {
  create(actor: Actor): Promise<ByteStream>;
  restore(actor: Actor, stream: AsyncIterable<Uint8Array>): Promise<void>;
}

/** Makes the verbs. */
export const createBackups = ({
  folder,
  database,
  observations,
  audit,
  restart,
}: BackupDependencies): Backups => ({
  async create(actor) {
    await audit.record({ actor, action: "cloud.backup", project: null });
    await audit.sequence();
    const staging = mkdtempSync(join(tmpdir(), "s4t-backup-"));
    try {
      await database.backup(join(staging, "database"));
      await observations.backup(join(staging, "observations"));
      for (const name of keptFiles)
        if (existsSync(join(folder, name)))
          cpSync(join(folder, name), join(staging, name), { recursive: true });
    } catch (error) {
      rmSync(staging, { recursive: true, force: true });
      throw error;
    }
    async function* bytes(): AsyncGenerator<Uint8Array> {
      try {
        yield* packFolder(staging, RELEASE);
      } finally {
        rmSync(staging, { recursive: true, force: true });
      }
    }
    const day = new Date().toISOString().slice(0, 10);
    return { mediaType: "application/octet-stream", fileName: `s4t-${day}.backup`, bytes: bytes() };
  },
  async restore(actor, stream) {
    const staging = join(folder, `${pending}.new`);
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { mode: 0o700 });
    try {
      await unpackTo(staging, stream);
    } catch (error) {
      rmSync(staging, { recursive: true, force: true });
      throw error;
    }
    await audit.record({ actor, action: "cloud.restore", project: null });
    rmSync(join(folder, pending), { recursive: true, force: true });
    renameSync(staging, join(folder, pending));
    restart();
  },
});

/** Takes a waiting restore over, before anything of the folder is opened. Answers whether there was one. */
export const applyPendingRestore = (folder: string): boolean => {
  const from = join(folder, pending);
  if (!existsSync(from)) return false;
  const moves = [
    ["database", "database"],
    ["observations", "observations"],
    ...keptFiles.map((name) => [name, name]),
  ] as const;
  for (const [source = "", target = ""] of moves) {
    if (!existsSync(join(from, source))) continue;
    rmSync(join(folder, target), { recursive: true, force: true });
    renameSync(join(from, source), join(folder, target));
  }
  rmSync(from, { recursive: true, force: true });
  return true;
};
