// Backup and restore of a running cloud. A backup is a consistent copy of database, observations and keys; a restore is checked
// whole, laid beside, and taken over by a restart of the cloud within its process, with everything closed.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { fail, isNewerRelease, RELEASE } from "@s4t/contract";
import { isS4tError, type Part } from "@s4t/kit";
import { isDiskFull, readFileIfThere, removeFileDurably, writeFileAtomic } from "@s4t/kit/node";
import type { AuditLog } from "../../edge/facts.ts";
import type { ByteStream } from "../../edge/routes.ts";
import type { Actor } from "../../policy/index.ts";
import type { BlobsDriver } from "../../ports/blobs.ts";
import type { Database } from "../../ports/database.ts";
import type { ObservationsDriver } from "../../ports/observations.ts";
import { packFolder, unpackTo } from "./archive.ts";

/** Name within the data folder of a restore that waits for the restart. */
const pending = "restore";
/** Beginning of the names of folders in which a backup is put together. */
const stagingPrefix = "backup-";
/** Who asked for a restore: it is on record in the log that was restored, too. */
const askedBy = "restored-by.json";
/** What a data folder keeps besides its three stores. */
const keptFiles = [
  "audit.key",
  "witness.jsonl",
  "ca",
  "keys",
  "identity.key",
  "admin.json",
] as const;

export interface BackupDependencies {
  readonly folder: string;
  readonly database: Database;
  readonly observations: ObservationsDriver;
  readonly blobs: BlobsDriver;
  readonly audit: AuditLog & { still<T>(work: () => Promise<T>): Promise<T> };
  /** Runs `work` while no blob is removed. */
  readonly blobsStill: <T>(work: () => Promise<T>) => Promise<T>;
  /** Restarts the cloud within its process, soon. */
  readonly restart: () => void;
}

export interface Backups extends Part {
  create(actor: Actor): Promise<ByteStream>;
  /** Throws `backup.invalid` and `backup.newer`, with nothing touched. */
  restore(actor: Actor, stream: AsyncIterable<Uint8Array>): Promise<void>;
}

/** A full disk, and an archive that names a file twice, are the caller's to know; everything else passes. */
const translate = (error: unknown): unknown => {
  if (isDiskFull(error)) return fail("cloud.storage-full", undefined, error);
  const code = isS4tError(error) ? "" : ((error as NodeJS.ErrnoException).code ?? "");
  return ["EEXIST", "ENOTDIR", "EISDIR"].includes(code)
    ? fail("backup.invalid", { because: "it is damaged" }, error)
    : error;
};

/** Makes the verbs. */
export const createBackups = ({
  folder,
  database,
  observations,
  blobs,
  audit,
  blobsStill,
  restart,
}: BackupDependencies): Backups => {
  const record = (actor: Actor, action: string) => audit.record({ actor, action, project: null });

  /** Log and witness stand still meanwhile: a witness that knew more than its log would look like a log cut short. */
  const copyInto = (staging: string): Promise<void> =>
    audit.still(async () => {
      // After the database: what the copy names is there, since none is removed from its moment on. And before it, so that this
      // takes little time.
      await blobs.backup(join(staging, "blobs"));
      await blobsStill(async () => {
        await database.backup(join(staging, "database"));
        await blobs.backup(join(staging, "blobs"));
      });
      await observations.backup(join(staging, "observations"));
      for (const name of keptFiles)
        if (existsSync(join(folder, name)))
          cpSync(join(folder, name), join(staging, name), { recursive: true });
    });

  const check = async (staging: string, stream: AsyncIterable<Uint8Array>): Promise<void> => {
    const release = await unpackTo(staging, stream);
    if (isNewerRelease(release, RELEASE)) throw fail("backup.newer", { version: release });
    if (!existsSync(join(staging, "audit.key")))
      throw fail("backup.invalid", { because: "it holds no key" });
    await database.examine(join(staging, "database"));
  };

  return {
    name: "backups",
    async start() {
      // What a kill left half put together.
      for (const name of readdirSync(folder))
        if (name.startsWith(stagingPrefix)) rmSync(join(folder, name), { recursive: true });
      const actor = readFileIfThere(join(folder, askedBy));
      if (actor === undefined) return;
      await record(JSON.parse(actor) as Actor, "cloud.restore");
      removeFileDurably(join(folder, askedBy));
    },
    async create(actor) {
      await record(actor, "cloud.backup");
      const staging = mkdtempSync(join(folder, stagingPrefix));
      try {
        await copyInto(staging);
      } catch (error) {
        rmSync(staging, { recursive: true, force: true });
        throw translate(error);
      }
      async function* bytes(): AsyncGenerator<Uint8Array> {
        try {
          yield* packFolder(staging, RELEASE);
        } finally {
          rmSync(staging, { recursive: true, force: true });
        }
      }
      const day = new Date().toISOString().slice(0, 10);
      return {
        mediaType: "application/octet-stream",
        fileName: `s4t-${day}.backup`,
        bytes: bytes(),
      };
    },
    async restore(actor, stream) {
      const staging = join(folder, `${pending}.new`);
      rmSync(staging, { recursive: true, force: true });
      mkdirSync(staging, { mode: 0o700 });
      try {
        await check(staging, stream);
        writeFileAtomic(join(staging, askedBy), JSON.stringify(actor));
        await record(actor, "cloud.restore");
      } catch (error) {
        rmSync(staging, { recursive: true, force: true });
        throw translate(error);
      }
      rmSync(join(folder, pending), { recursive: true, force: true });
      renameSync(staging, join(folder, pending));
      restart();
    },
  };
};

/** Takes a waiting restore over, before anything of the folder is opened. Answers whether there was one. */
export const applyPendingRestore = (folder: string): boolean => {
  const from = join(folder, pending);
  if (!existsSync(from)) return false;
  const moves = [
    ["database", "database"],
    ["observations", "observations"],
    ["blobs", "blobs"],
    ...[...keptFiles, askedBy].map((name) => [name, name]),
  ] as const;
  for (const [source = "", target = ""] of moves) {
    if (!existsSync(join(from, source))) continue;
    rmSync(join(folder, target), { recursive: true, force: true });
    renameSync(join(from, source), join(folder, target));
  }
  rmSync(from, { recursive: true, force: true });
  return true;
};
