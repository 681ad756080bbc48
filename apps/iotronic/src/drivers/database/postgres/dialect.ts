// Kysely over one `pg` client. No transaction logic: `postgres.ts` brackets every piece of work. What SQLite takes and PostgreSQL
// does not is evened out here, so that no store has to know: an empty list to look in, and texts that hold NUL.
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";
import type { PoolClient } from "pg";
import type { Schema } from "../../../migrations/schema.ts";
import type { Reader } from "../../../ports/database.ts";

const nul = /\0/g;

/** PostgreSQL's texts cannot hold NUL: the replacement character stands for it, which no name or id of ours holds. */
const withoutNul = (value: unknown): unknown =>
  typeof value === "string" && value.includes("\0") ? value.replace(nul, "\ufffd") : value;

/** `in ()` is no SQL to PostgreSQL; nothing is in a list of null. */
const withLists = (text: string): string => text.replaceAll(" in ()", " in (null)");

class PostgresConnection implements DatabaseConnection {
  readonly #client: PoolClient;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: PoolClient) {
    this.#client = client;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    // One after another: a verb may ask two things at once, a connection may not.
    const answer = this.#last.then(() =>
      this.#client.query(withLists(query.sql), query.parameters.map(withoutNul)),
    );
    this.#last = answer.catch(() => {});
    const { rows, rowCount, command } = await answer;
    const changes = ["INSERT", "UPDATE", "DELETE", "MERGE"].includes(command);
    return { rows: rows as Row[], ...(changes ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
  }

  // biome-ignore lint/correctness/useYield: nothing here is streamed; Kysely's interface asks for it
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new TypeError("not streamed");
  }
}

/** A dialect over one client; Kysely may not begin transactions of its own. */
const dialectOver = (connection: DatabaseConnection): Dialect => {
  const refuse = () => Promise.reject(new TypeError("transactions are made by Database.write"));
  const driver: Driver = {
    init: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(connection),
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  };
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (database) => new PostgresIntrospector(database),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
};

/** What stores ask a client through. */
export const readerOver = (client: PoolClient): Reader => {
  const connection = new PostgresConnection(client);
  return {
    queries: new Kysely<Schema>({ dialect: dialectOver(connection) }),
    dialect: "postgres",
    run: (query) => connection.executeQuery(query),
  };
};
