// Connections to PostgreSQL, for every driver that keeps something there. A piece of work is a transaction that says whose rows
// it may see; what the server and the network say is put into words of ours.
import { fail } from "@s4t/contract";
import { Pool, type PoolClient, types } from "pg";

/** How long a connection is waited for. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** How long a statement may run: none of ours is meant to. What must take longer says so in its transaction. */
export const STATEMENT_TIMEOUT_MS = 30_000;
/**
 * How long a transaction may stand still between two of its statements: ours take no time. A cloud that was stopped within one (a
 * frozen virtual machine) would hold its rows for ever, and its boards could not join at another.
 */
export const IDLE_TRANSACTION_MS = 5_000;
const int8 = 20;

const getTypeParser: typeof types.getTypeParser = ((oid: number, format?: "text") =>
  oid === int8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser;

export interface ConnectionsOptions {
  readonly url: string;
  /** Most connections at once. */
  readonly connections: number;
  /** What does not answer when nobody does: "its database". */
  readonly what: string;
}

/** Whose rows a piece of work may see: those of all projects, or of these. */
export type SeenProjects = "all" | readonly string[];

export interface Connections {
  /** Runs `work` in a transaction; `begin` says of which kind. Throws `cloud.unavailable` and `cloud.storage-full`. */
  within<T>(
    projects: SeenProjects,
    work: (client: PoolClient) => Promise<T>,
    begin?: string,
  ): Promise<T>;
  /** Lends a connection outside any transaction. */
  alone<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

/** The text of the setting that row-level security compares with. What cannot be an id is left out: it would see nothing. */
const settingOf = (projects: SeenProjects): string =>
  projects === "all"
    ? "all"
    : projects.filter((id) => /^[0-9a-z-]+$/.test(id) && id !== "all").join(",");

const isAway = (code: string | undefined, message: string): boolean =>
  code === undefined
    ? /terminat|timeout|Connection/i.test(message)
    : /^(08|57P|53|ECONN|EPIPE|ENOTFOUND|ETIMEDOUT)/.test(code) ||
      ["57014", "40001", "40P01", "25P03"].includes(code);

/** PostgreSQL's words and the network's → ours. Everything else passes: a constraint is the store's to read, a fault is ours. */
const translate = (error: unknown, what: string): unknown => {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "53100") return fail("cloud.storage-full", undefined, error);
  return isAway(code, message ?? "")
    ? fail("cloud.unavailable", { because: `${what} does not answer` }, error)
    : error;
};

/** Opens a pool; a connection is made when it is first needed. */
export const openConnections = ({ url, connections, what }: ConnectionsOptions): Connections => {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    types: { getTypeParser },
  });
  // An idle connection that the server ends is replaced at the next use; without a listener it would end the process.
  pool.on("error", () => {});

  const alone = async <T>(work: (client: PoolClient) => Promise<T>): Promise<T> => {
    let client: PoolClient | undefined;
    let broken: Error | undefined;
    const onError = (error: Error) => {
      broken = error;
    };
    try {
      client = await pool.connect();
      client.on("error", onError);
      return await work(client);
    } catch (error) {
      throw translate(error, what);
    } finally {
      client?.off("error", onError);
      client?.release(broken);
    }
  };

  return {
    alone,
    within: (projects, work, begin = "begin") =>
      alone(async (client) => {
        try {
          await client.query(
            `${begin}; select set_config('s4t.projects', '${settingOf(projects)}', true)`,
          );
          const result = await work(client);
          await client.query("commit");
          return result;
        } catch (error) {
          // A connection that cannot even roll back is not lent again.
          await client.query("rollback").catch((failed: Error) => client.emit("error", failed));
          throw error;
        }
      }),
    end: () => pool.end(),
  };
};
