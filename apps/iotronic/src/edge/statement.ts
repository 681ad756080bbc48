// Queries that are built and compiled once. Building one with Kysely costs more than SQLite needs to answer it: what runs at every
// request is written as a statement, and only its values change from then on.
import { isUuid } from "@s4t/contract";
import { Bug } from "@s4t/kit";
import { type Compilable, type CompiledQuery, type Kysely, type QueryResult, sql } from "kysely";
import type { Schema } from "../migrations/schema.ts";
import type { Scope } from "../policy/index.ts";
import type { Reader, Tx } from "../ports/database.ts";

/** Shapes of arguments that a statement keeps compiled: lists of varying length are what overflows. */
export const MAX_COMPILED_SHAPES = 50;

type Scalar = string | number | bigint | null | Uint8Array;
/** A value, a list of values, or a row: a record of values by column, where those that are undefined are left out. */
type Argument = Scalar | readonly Scalar[] | object;

/** Stands for a value while its statement is built. What looks at it wants to build by the value, and may not. */
class Slot {
  readonly argument: string;
  readonly member: string | number | undefined;

  constructor(argument: string, member?: string | number) {
    this.argument = argument;
    this.member = member;
  }

  [Symbol.toPrimitive](): never {
    throw new Bug(`a statement is built by the value of ${this.argument}`);
  }
}

/** What a builder is handed: each value is a slot of the argument's own type. */
export interface Build<Arguments> {
  readonly queries: Kysely<Schema>;
  readonly dialect: Reader["dialect"];
  readonly args: Arguments;
}

interface Compiled {
  readonly query: CompiledQuery;
  readonly isFixed: boolean;
}

const isRow = (value: Argument): value is Record<string, Scalar | undefined> =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !ArrayBuffer.isView(value);

/** Names what about arguments changes the text: lengths of lists, columns of rows. */
const shapeOf = (args: Readonly<Record<string, Argument>>): string => {
  let shape = "";
  for (const name in args) {
    const value = args[name] as Argument;
    if (Array.isArray(value)) shape += `${name}[${value.length}]`;
    else if (isRow(value)) {
      shape += `${name}{`;
      for (const column in value) if (value[column] !== undefined) shape += `${column},`;
    }
  }
  return shape;
};

const slotsOf = (args: Readonly<Record<string, Argument>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      if (Array.isArray(value)) return [name, value.map((_, i) => new Slot(name, i))];
      if (!isRow(value)) return [name, new Slot(name)];
      const columns = Object.keys(value).filter((column) => value[column] !== undefined);
      return [name, Object.fromEntries(columns.map((column) => [column, new Slot(name, column)]))];
    }),
  );

const filledBy = (parameter: unknown, args: Readonly<Record<string, Argument>>): unknown => {
  if (!(parameter instanceof Slot)) return parameter;
  const value = args[parameter.argument];
  return parameter.member === undefined
    ? value
    : (value as Record<string | number, Scalar>)[parameter.member];
};

type RowOf<Query> = Query extends Compilable<infer Row> ? Row : never;

/** Runs with these values; the scope is part of the statement as in every store function. */
export type Statement<Arguments, Row> = (
  scope: Scope,
  reader: Reader,
  args: Arguments,
) => Promise<QueryResult<Row>>;

/**
 * Makes a statement of a builder, which is called once for each shape of its arguments and must not decide by their values.
 *
 * @example
 * const byKey = statement((_scope, {queries, args}: Build<{pubkey: string}>) =>
 *   queries.selectFrom("boards").selectAll().where("pubkey", "=", args.pubkey).limit(1));
 * const {rows} = await byKey(scope, reader, {pubkey});
 */
export const statement = <Arguments extends object, Query extends Compilable<unknown>>(
  build: (scope: Pick<Scope, "projects">, build: Build<Arguments>) => Query,
): Statement<Arguments, RowOf<Query>> => {
  const compiled = new Map<string, Compiled>();

  const compile = (key: string, reader: Reader, args: Readonly<Record<string, Argument>>) => {
    const { projects, ...slots } = slotsOf(args);
    const { queries, dialect } = reader;
    const scope = { projects: projects ?? "all" } as Pick<Scope, "projects">;
    const query = build(scope, { queries, dialect, args: slots as Arguments }).compile();
    const made = { query, isFixed: !query.parameters.some((each) => each instanceof Slot) };
    if (compiled.size < MAX_COMPILED_SHAPES) compiled.set(key, made);
    return made;
  };

  return (scope, reader, given) => {
    const args = (
      scope.projects === "all" ? given : { ...given, projects: scope.projects }
    ) as Readonly<Record<string, Argument>>;
    const key = reader.dialect + shapeOf(args);
    const { query, isFixed } = compiled.get(key) ?? compile(key, reader, args);
    const filled = isFixed
      ? query
      : { ...query, parameters: query.parameters.map((each) => filledBy(each, args)) };
    return reader.run(filled as CompiledQuery<RowOf<Query>>);
  };
};

/** Finds one row by what people call it: its id or its name. Two statements, so that each uses its own index. */
export const byIdOrName = <Row>(
  findBy: (column: "uuid" | "name") => Statement<{ key: string }, Row>,
): ((scope: Scope, reader: Reader, idOrName: string) => Promise<Row | undefined>) => {
  const byId = findBy("uuid");
  const byName = findBy("name");
  return async (scope, reader, idOrName) =>
    (await (isUuid(idOrName) ? byId : byName)(scope, reader, { key: idOrName })).rows[0];
};

/**
 * Within a transaction: until it ends nobody else changes or removes this row; who refers to it does not wait. What was read of it
 * before has to be read again.
 */
export const holdRow = async (
  { dialect, queries }: Tx,
  table: "boards" | "services" | "plugins",
  uuid: string,
): Promise<void> => {
  // SQLite has one writer at a time.
  if (dialect === "postgres")
    await sql`select 1 from ${sql.table(table)} where uuid = ${uuid} for no key update`.execute(
      queries,
    );
};
