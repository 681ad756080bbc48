// The cloud's own parts under a durable write, without HTTP: database, audit log, changes, the verbs of boards.
import { join } from "node:path";
import type { ProjectId } from "@s4t/contract";
import { silentLog, systemClock } from "@s4t/kit";
import { postgresDatabase } from "../../apps/iotronic/src/drivers/database/postgres/index.ts";
import { sqliteDatabase } from "../../apps/iotronic/src/drivers/database/sqlite/index.ts";
import { noErrands } from "../../apps/iotronic/src/edge/errands.ts";
import { silentMetrics } from "../../apps/iotronic/src/edge/metrics.ts";
import {
  createAudit,
  openHeadKey,
  openWitness,
} from "../../apps/iotronic/src/modules/audit/index.ts";
import {
  type BoardsDependencies,
  createBoards,
} from "../../apps/iotronic/src/modules/boards/index.ts";
import { createChanges } from "../../apps/iotronic/src/modules/changes/index.ts";
import { knownFleets } from "../../apps/iotronic/src/modules/fleets/index.ts";
import { createOperations } from "../../apps/iotronic/src/modules/operations/index.ts";
import { everything, systemActor, within } from "../../apps/iotronic/src/policy/index.ts";

/** Where commits are flushed: in Node's pool (as the cloud does), in the loop by SQLite itself, or by PostgreSQL at this address. */
export type Flushing = "pool" | "loop" | `postgres://${string}`;

/**
 * What counts as a request: `entry` is one row and its audit entry, the least that a durable change consists of; `verb` is a
 * board changed by the cloud's own verb (read, checked, written, audited, noted for events).
 */
export type Request = "entry" | "verb";

export interface Stack {
  /** Does one; resolves when it is durable. */
  request(client: number): Promise<void>;
  /** A board of each client. */
  readonly boards: readonly string[];
  /** What other parts of the cloud stand on. */
  readonly parts: Pick<BoardsDependencies, "database" | "audit" | "changes" | "operations">;
  close(): Promise<void>;
}

export const project = "0192f0a0-0000-7000-8000-000000000001" as ProjectId;

const openDatabase = (folder: string, flushing: Flushing) =>
  flushing === "pool" || flushing === "loop"
    ? sqliteDatabase({ folder, monotonicMs: systemClock.monotonicMs, flush: flushing })
    : postgresDatabase({ url: flushing, connections: 10, importFolder: join(folder, "none") });

/** Opens it in a folder, with a board for each client. */
export const openStack = async (
  folder: string,
  flushing: Flushing,
  kind: Request,
  clients: number,
): Promise<Stack> => {
  const database = openDatabase(folder, flushing);
  await database.start?.();
  await database.migrate();
  const clock = systemClock;
  const witness = openWitness(join(folder, "witness.jsonl"));
  const audit = createAudit({ database, clock, log: silentLog, key: openHeadKey(folder), witness });
  await audit.start?.();
  const changes = createChanges({ database, clock });
  await changes.start?.();
  const operations = createOperations({
    ...{ database, clock, changes, log: silentLog },
    ...{ metrics: silentMetrics, errands: noErrands },
    tracing: { kept: () => undefined },
  });
  const boards = createBoards({
    fleets: knownFleets,
    operations,
    database,
    clock,
    log: silentLog,
    audit,
    changes,
    link: () => {
      throw new TypeError("a changed description concerns no board");
    },
    address: () => ({ url: "http://127.0.0.1", ca: null }),
    commandsFor: () => [],
  });
  const scope = within(project);
  const uuids: string[] = [];
  for (let client = 0; client < clients; client += 1) {
    const { board } = await boards.create(systemActor, project, { name: `board-${client}` });
    uuids.push(board.uuid);
  }
  let count = 0;
  const entry = (client: number): Promise<void> =>
    database.write(everything, async (tx) => {
      await changes.append(tx, {
        actor: systemActor,
        project,
        noun: "board",
        uuid: uuids[client] ?? "",
        rev: 1,
        patch: {},
      });
      await audit.append(tx, {
        actor: systemActor,
        action: "board.update",
        project,
        resource: { noun: "board", uuid: uuids[client] ?? "", name: null },
      });
    });
  const verb = async (client: number): Promise<void> => {
    count += 1;
    const description = `changed ${count} times`;
    await boards.update(systemActor, scope, uuids[client] ?? "", { description }, undefined);
  };
  return {
    request: kind === "entry" ? entry : verb,
    boards: uuids,
    parts: { database, audit, changes, operations },
    async close() {
      await audit.stop?.();
      changes.stop?.();
      await database.stop?.();
    },
  };
};
