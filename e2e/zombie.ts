// A cloud that is stopped, as a frozen machine stops it, and continued once another has its boards: a zombie, on the same database.
import { cpSync } from "node:fs";
import { type EnrolledBoard, enrolBoard } from "../apps/iotronic/test/board.ts";
import type { TestCloud } from "../apps/iotronic/test/cloud.ts";
import { readMetrics } from "../apps/iotronic/test/exposition.ts";
import { createDatabaseForTest } from "../apps/iotronic/test/postgres.ts";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";

/** Tables in which something stands about boards and their work. */
const tables = ["boards", "boards_entries", "boards_presence", "boards_reports", "operations"];

export interface Nodes {
  /** The one that is stopped and continued. */
  readonly zombie: RunningCloud;
  readonly other: RunningCloud;
  /** Every row that a board's session could write, as text. */
  rows(): Promise<readonly string[]>;
  /** Boards whose coming since then, UTC in ms, is stored. */
  storedComings(sinceMs: number): Promise<number>;
  /** Whether the zombie has ended all sessions of boards, and written of their going what it ever will. */
  isZombieDone(): Promise<boolean>;
  enrol(name: string): Promise<EnrolledBoard>;
  close(): Promise<void>;
}

/** Starts two clouds, each a process of its own, that share a database in PostgreSQL and the keys of one data folder. */
export const startNodes = async (): Promise<Nodes> => {
  const database = await createDatabaseForTest();
  const args = ["--database.driver", "postgres", "--database.postgres.url", database.url];
  const folders = [temporaryFolder(), temporaryFolder()] as const;
  const zombie = await startCloud(folders[0].path, { args });
  await zombie.signIn();
  // The audit log has one who numbers it: nothing waits for its number when the second one begins.
  await zombie.call("POST", "/api/audit/verify");
  cpSync(folders[0].path, folders[1].path, { recursive: true });
  const other = await startCloud(folders[1].path, { args });
  await other.signIn();
  const asTest = {
    ...{ url: zombie.url, admin: "" },
    call: (method: string, path: string, asked: { readonly body?: unknown }) =>
      zombie.call(method, path, asked.body),
  } as unknown as TestCloud;
  return {
    ...{ zombie, other },
    async rows() {
      const all: string[] = [];
      for (const table of tables)
        for (const row of await database.ask(`select * from ${table}`))
          all.push(`${table} ${JSON.stringify(row)}`);
      return all.sort();
    },
    async storedComings(sinceMs) {
      const [found] = await database.ask(
        `select count(distinct board_id)::int as count from boards_presence where event = 'joined' and at >= ${sinceMs}`,
      );
      return Number(found?.count);
    },
    async isZombieDone() {
      const metrics = await readMetrics(zombie.url);
      return (
        metrics.get("s4t_link_sessions") === 0 && metrics.get("s4t_link_waiting_presence") === 0
      );
    },
    enrol: (name) => enrolBoard(asTest, name),
    async close() {
      zombie.child.kill("SIGCONT");
      for (const cloud of [zombie, other]) await cloud.kill("SIGTERM");
      for (const folder of folders) folder.remove();
      await database.drop();
    },
  };
};
