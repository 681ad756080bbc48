// Kysely over node:sqlite: one synchronous connection, statements prepared once. It holds no transaction logic: `sqlite.ts`
// decides what is grouped.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Bug } from "@s4t/kit";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type LimitNode,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  ValueNode,
} from "kysely";
import type { Schema } from "../../../migrations/schema.ts";
import type { Reader } from "../../../ports/database.ts";

/** Prepared statements that a connection keeps: all of the program's texts fit; lists of varying length are what overflows. */
export const MAX_PREPARED_STATEMENTS = 500;

type Value = null | number | bigint | string | Uint8Array;

/** A statement with what Node would otherwise ask SQLite for at every use. */
interface Prepared {
  readonly statement: StatementSync;
  readonly answersRows: boolean;
}

/**
 * Limits are written out: SQLite plans by a bound limit's value, so that a statement with one is planned anew at every use
 * (about seven times the price of finding a row by its key).
 */
class LiteralLimits extends SqliteQueryCompiler {
  protected override visitLimit(node: LimitNode): void {
    const value = ValueNode.is(node.limit) ? node.limit.value : undefined;
    if (Number.isSafeInteger(value)) this.append(`limit ${value}`);
    else super.visitLimit(node);
  }
}

/** A connection that runs compiled queries at once. */
export class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    const prepared = { statement, answersRows: statement.columns().length > 0 };
    if (this.#prepared.size >= MAX_PREPARED_STATEMENTS) {
      const oldest = this.#prepared.keys().next().value;
      if (oldest !== undefined) this.#prepared.delete(oldest);
    }
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  /** Runs a statement without parameters or rows: the brackets of transactions. */
  run(sql: string): void {
    this.#prepare(sql).statement.run();
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const { statement, answersRows } = this.#prepare(query.sql);
      const values = query.parameters as Value[];
      if (answersRows) return Promise.resolve({ rows: statement.all(...values) as Row[] });
      const { changes, lastInsertRowid } = statement.run(...values);
      return Promise.resolve({
        rows: [],
        numAffectedRows: BigInt(changes),
        insertId: BigInt(lastInsertRowid),
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  // biome-ignore lint/correctness/useYield: SQLite answers whole; Kysely's interface asks for a stream
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new TypeError("SQLite does not stream");
  }
}

/**
 * The connection of readers. What is read in one turn of the event loop, by whomever, is of one moment, and pays once for coming
 * in: taking and leaving the lock costs more than finding a row. `renew` ends that moment, after each commit: whoever was
 * answered must find what it wrote.
 */
export class ReadingConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #connection: SqliteConnection;
  readonly #end = (): void => this.renew();
  #isHeld = false;
  #isArmed = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#connection = new SqliteConnection(database);
  }

  renew(): void {
    this.#isArmed = false;
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (this.#database.isOpen && this.#database.isTransaction) this.#connection.run("COMMIT");
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      if (!this.#isHeld) this.#connection.run("BEGIN");
      this.#isHeld = true;
    } catch (error) {
      return Promise.reject(error);
    }
    if (!this.#isArmed) setImmediate(this.#end);
    this.#isArmed = true;
    return this.#connection.executeQuery<Row>(query);
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    return this.#connection.streamQuery<Row>();
  }
}

/**
 * A connection lent to one writer until its end. What it still asks afterwards (a query that nobody awaited, a verb that was given
 * up) would land in somebody else's transaction, and is refused instead.
 */
export class LeasedConnection implements DatabaseConnection {
  readonly #connection: SqliteConnection;
  #ended = false;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  end(): void {
    this.#ended = true;
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#ended) return Promise.reject(new Bug(`a query after its transaction: ${query.sql}`));
    return this.#connection.executeQuery<Row>(query);
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    return this.#connection.streamQuery<Row>();
  }
}

/** A dialect over one connection; transactions are the driver's business, so Kysely may not begin any. */
const createSqliteDialect = (connection: DatabaseConnection): Dialect => {
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
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driver,
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new LiteralLimits(),
  };
};

class ConnectionReader implements Reader {
  readonly dialect = "sqlite";
  readonly #connection: DatabaseConnection;
  #queries: Kysely<Schema> | undefined;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  /** Made when somebody builds a query: most transactions only run statements. */
  get queries(): Kysely<Schema> {
    this.#queries ??= new Kysely<Schema>({ dialect: createSqliteDialect(this.#connection) });
    return this.#queries;
  }

  run<Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>> {
    return this.#connection.executeQuery<Row>(query);
  }
}

/** What stores ask a connection through. */
export const readerOver = (connection: DatabaseConnection): Reader =>
  new ConnectionReader(connection);
