// The newest session of each board that values were announced of or came from, a row each. Whoever stores values holds the rows of
// their boards until its transaction ends, and whoever opens a session changes them: so one waits for the other, and a cloud that was
// stopped between its look and its commit finds, when it goes on, the row changed or its transaction ended (`IDLE_TRANSACTION_MS`).
import { type BoardId, fail } from "@s4t/contract";
import type { PoolClient } from "pg";
import type { Connections } from "../../../technology/postgres/connections.ts";

/** Sessions of one statement; more of them wait for the next. */
export const SESSIONS_A_STATEMENT = 1_000;

interface OfSession {
  readonly board: BoardId;
  readonly epoch: number | undefined;
}

/** Rows are taken in one order by all, so that no two wait for each other. */
const hold =
  'select board, epoch from observations.sessions where board = any($1::text[]) order by board collate "C" for share';
const raise =
  "insert into observations.sessions (board, epoch) select * from unnest($1::text[], $2::bigint[]) on conflict (board) do update set epoch = excluded.epoch where sessions.epoch < excluded.epoch";

type Epochs = ReadonlyMap<string, number>;

/** Holds these boards' rows; answers the newest epoch of each. */
const holdRows = async (client: PoolClient, epochs: Epochs): Promise<Epochs> => {
  const { rows } = await client.query(hold, [[...epochs.keys()]]);
  return new Map((rows as { board: string; epoch: number }[]).map((row) => [row.board, row.epoch]));
};
const raiseRows = async (client: PoolClient, epochs: Epochs): Promise<void> => {
  const boards = [...epochs.keys()].sort();
  await client.query(raise, [boards, boards.map((board) => epochs.get(board))]);
};

const epochsOf = (group: readonly OfSession[]): Epochs => {
  const epochs = new Map<string, number>();
  for (const { board, epoch } of group)
    if (epoch !== undefined) epochs.set(board, Math.max(epoch, epochs.get(board) ?? 0));
  return epochs;
};

const over = <Of extends OfSession>(group: readonly Of[], newest: Epochs): ReadonlySet<Of> =>
  new Set(
    group.filter(({ board, epoch }) => epoch !== undefined && (newest.get(board) ?? 0) > epoch),
  );

/** Within a transaction that stores: those whose session is over. The others' are the newest until the transaction ends. */
export const holdSessions = async <Of extends OfSession>(
  client: PoolClient,
  group: readonly Of[],
): Promise<ReadonlySet<Of>> => {
  const epochs = epochsOf(group);
  if (epochs.size === 0) return new Set();
  await client.query("savepoint held");
  const newest = await holdRows(client, epochs);
  const lower = [...epochs].filter(([board, epoch]) => (newest.get(board) ?? 0) < epoch);
  if (lower.length === 0) return over(group, newest);
  // Sessions that nobody could announce: the store was away when they began. Rows are let go before they are raised: two that held
  // the same and both wanted more of it would wait for each other.
  await client.query("rollback to savepoint held");
  await raiseRows(client, new Map(lower));
  return over(group, await holdRows(client, epochs));
};

/** The same for one. Throws `link.superseded`. */
export const requirePresent = async (
  client: PoolClient,
  board: BoardId,
  epoch: number | undefined,
): Promise<void> => {
  if ((await holdSessions(client, [{ board, epoch }])).size > 0) throw fail("link.superseded");
};

interface Asking {
  readonly board: BoardId;
  readonly epoch: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Opens sessions, those that come meanwhile in one statement: a fleet that returns must not be a transaction a board. */
export const createOpening = (connections: () => Connections) => {
  let waiting: Asking[] = [];
  let isOpening = false;
  const openAll = async (): Promise<void> => {
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting.slice(0, SESSIONS_A_STATEMENT);
      waiting = waiting.slice(group.length);
      try {
        const epochs = epochsOf(group);
        const newest = await connections().within("all", async (client) => {
          await raiseRows(client, epochs);
          return holdRows(client, epochs);
        });
        const late = over(group, newest);
        for (const each of group)
          if (late.has(each)) each.reject(fail("link.superseded"));
          else each.resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    isOpening = false;
  };
  return {
    open: (board: BoardId, epoch: number): Promise<void> =>
      new Promise((resolve, reject) => {
        waiting.push({ board, epoch, resolve, reject });
        if (isOpening) return;
        isOpening = true;
        void openAll();
      }),
  };
};
