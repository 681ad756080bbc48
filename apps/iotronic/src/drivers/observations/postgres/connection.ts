// Connections to PostgreSQL: every piece of work is a transaction that says whose rows it may see.
import { fail } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { Pool, type PoolClient, types } from "pg";

/** How long a connection is waited for. */
export const OBSERVATIONS_CONNECT_TIMEOUT_MS = 5_000;
/** How long a statement may run; rolling up a day and copying may take longer and say so. */
export const OBSERVATIONS_STATEMENT_TIMEOUT_MS = 30_000;
const int8 = 20;

const getTypeParser: typeof types.getTypeParser = ((oid: number, format?: "text") =>
  oid === int8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser;

const translate = (error: unknown): unknown => {
  if (isS4tError(error)) return error;
  return (error as { code?: string }).code === "53100"
    ? fail("cloud.storage-full", undefined, error)
    : fail("cloud.unavailable", { because: "its observations do not answer" }, error);
};

export interface Connections {
  /** Runs `work` in a transaction that sees the rows of one project (`all`: of every one). */
  within<T>(project: string, work: (client: PoolClient) => Promise<T>, begin?: string): Promise<T>;
  end(): Promise<void>;
}

/** Opens a pool. */
export const openConnections = (url: string, connections: number): Connections => {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: OBSERVATIONS_CONNECT_TIMEOUT_MS,
    statement_timeout: OBSERVATIONS_STATEMENT_TIMEOUT_MS,
    types: { getTypeParser },
  });
  // An idle connection that the server ends is replaced at the next use; without a listener it would end the process.
  pool.on("error", () => {});
  return {
    async within(project, work, begin = "begin") {
      let client: PoolClient;
      try {
        client = await pool.connect();
      } catch (error) {
        throw translate(error);
      }
      let broken: Error | undefined;
      const onError = (error: Error) => {
        broken = error;
      };
      client.on("error", onError);
      try {
        // Ids only ever hold letters, digits and hyphens; whatever else came here sees nothing.
        const scope = /^[0-9a-z-]*$/.test(project) ? project : "";
        await client.query(`${begin}; select set_config('s4t.projects', '${scope}', true)`);
        const result = await work(client);
        await client.query("commit");
        return result;
      } catch (error) {
        await client.query("rollback").catch((failed: Error) => {
          broken ??= failed;
        });
        throw translate(error);
      } finally {
        client.off("error", onError);
        client.release(broken);
      }
    },
    end: () => pool.end(),
  };
};
