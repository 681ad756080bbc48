// A query for boards as SQL: a condition on a row, and, where it names few boards, which they may be. A hundred thousand boards must
// not make a list slow: few matches are looked up by an index and sorted, many are met soon enough by walking the list in its order.
import type { BoardQuery, QueryTerm, QueryValues } from "@s4t/contract";
import { chordOf, unitVectorOf } from "@s4t/contract";
import { type RawBuilder, sql } from "kysely";
import type { Scope } from "../../policy/index.ts";
import type { Reader } from "../../ports/database.ts";

/** Matches of a term up to which they are looked up: as many as can be sorted within a few milliseconds. */
export const FEW_MATCHES = 1_000;
/** Shortest text that the trigram index can look up. */
const trigram = 3;

/** Ids of the fleets that a query names, by what it calls them. */
export type FleetIds = ReadonlyMap<string, readonly string[]>;
/** Terms that are asked of the moment: the oldest last value that counts, by how old it may be. */
export type SensorTerm = Extract<QueryTerm, { readonly kind: "sensor" }> & {
  readonly sinceMs?: number;
};

type Condition = RawBuilder<boolean>;

const escapeLike = (text: string) => text.replace(/[\\%_]/g, (c) => `\\${c}`);
const likeOf = (text: string): Condition =>
  sql<boolean>`search like ${`%${escapeLike(text.toLowerCase())}%`} escape '\\'`;
const nothing: Condition = sql<boolean>`1 = 0`;
const list = (values: readonly string[]) => sql.join(values.map((value) => sql`${value}`));

const idsOf = (fleets: FleetIds, values: readonly string[]): readonly string[] => [
  ...new Set(values.flatMap((value) => fleets.get(value) ?? [])),
];

type Near = Extract<QueryTerm, { readonly kind: "near" }>;

/** Within a box around the place, which an index finds by `column`, and within the ball that it holds. `+place_z` finds by none. */
const nearOf = ({ latitude, longitude, metres }: Near, column = sql`place_z`): Condition => {
  const [x, y, z] = unitVectorOf(latitude, longitude);
  const chord = chordOf(metres);
  return sql<boolean>`${column} between ${z - chord} and ${z + chord}
    and place_x between ${x - chord} and ${x + chord}
    and (place_x - ${x}) * (place_x - ${x}) + (place_y - ${y}) * (place_y - ${y}) + (place_z - ${z}) * (place_z - ${z}) <= ${chord * chord}`;
};

const labelOf = (name: string, values: QueryValues) =>
  values === "any" ? sql`l.name = ${name}` : sql`l.name = ${name} and l.value in (${list(values)})`;

/** A last value that fits. Not fresh, or never measured: it matches nothing, and its negation does. */
const sensorOf = (
  { series, op, value, sinceMs = 0 }: SensorTerm,
  name = sql`v.series`,
  measured = sql`v.value`,
) => sql`${name} = ${series} and ${measured} ${sql.raw(op)} ${value} and v.at >= ${sinceMs}`;

const termCondition = (term: QueryTerm, fleets: FleetIds): Condition => {
  switch (term.kind) {
    case "text":
      return likeOf(term.text);
    case "status":
      return sql<boolean>`status in (${list(term.values)})`;
    case "name":
      return sql<boolean>`name in (${list(term.values)})`;
    case "id":
      return sql<boolean>`uuid in (${list(term.values)})`;
    case "label":
      return sql<boolean>`exists (select 1 from boards_labels as l where l.board_id = boards.uuid and ${labelOf(term.name, term.values)})`;
    case "near":
      return sql<boolean>`(place_z is not null and ${nearOf(term, sql`+place_z`)})`;
    case "sensor":
      // Found by the board: the index of values would be walked anew for each.
      return sql<boolean>`exists (select 1 from boards_values as v where v.board_id = boards.uuid and ${sensorOf(term, sql`v.series || ''`, sql`+v.value`)})`;
    case "fleet": {
      if (term.values === "any") return sql<boolean>`in_fleets = 1`;
      const ids = idsOf(fleets, term.values);
      return ids.length === 0
        ? nothing
        : sql<boolean>`exists (select 1 from boards_fleets as f where f.board_id = boards.uuid and f.fleet_id in (${list(ids)}))`;
    }
  }
};

/** Whether a row of `boards` matches. Never null: what is not known does not match, and its negation does. */
export const conditionOf = (query: BoardQuery, fleets: FleetIds): Condition => {
  switch (query.kind) {
    case "not":
      // As the index of those says it.
      if (query.of.kind === "fleet" && query.of.values === "any")
        return sql<boolean>`in_fleets = 0`;
      return sql<boolean>`not (${conditionOf(query.of, fleets)})`;
    case "and":
    case "or": {
      const of = query.of.map((each) => conditionOf(each, fleets));
      if (of.length === 0) return sql<boolean>`1 = 1`;
      return sql<boolean>`(${sql.join(of, query.kind === "and" ? sql` and ` : sql` or `)})`;
    }
    default:
      return termCondition(query, fleets);
  }
};

const planned = async <T>(
  { queries, dialect }: Reader,
  settings: readonly string[],
  work: () => Promise<T>,
): Promise<T> => {
  if (dialect === "sqlite") return work();
  const set = (value: "on" | "off") =>
    sql`select ${sql.join(settings.map((name) => sql`set_config(${name}, ${value}, true)`))}`.execute(
      queries,
    );
  await set("off");
  const answer = await work();
  await set("on");
  return answer;
};

/**
 * Has PostgreSQL use an index where it would rather read a whole table: it guesses the matches of a text by its letters, and with a
 * limit takes reading all for cheap. Until the end of the transaction otherwise, so it is undone.
 */
const byIndex = <T>(reader: Reader, work: () => Promise<T>): Promise<T> =>
  planned(reader, ["enable_seqscan"], work);

/** The same for a page whose matches are many: met in the order of the list, where it guesses that they are few and sorts them all. */
export const byWalking = <T>(reader: Reader, work: () => Promise<T>): Promise<T> =>
  planned(
    reader,
    ["enable_seqscan", "enable_sort", "enable_bitmapscan", "enable_gathermerge"],
    work,
  );

const within = ({ projects }: Scope) =>
  projects === "all" ? sql`` : sql`and project_id in (${list(projects)})`;

/** What finds the boards of a term by an index; undefined: nothing does. */
const lookUpOf = (
  term: QueryTerm,
  fleets: FleetIds,
  scope: Scope,
  { dialect }: Reader,
): RawBuilder<{ uuid: string }> | undefined => {
  switch (term.kind) {
    case "text": {
      const text = term.text.toLowerCase();
      if ([...text].length < trigram) return undefined;
      return dialect === "sqlite"
        ? sql`select uuid from boards where rowid in (select rowid from boards_search where boards_search match ${`"${text.replaceAll('"', '""')}"`} limit ${sql.lit(FEW_MATCHES + 1)})`
        : sql`select uuid from boards_search where ${likeOf(text)}`;
    }
    case "label":
      return sql`select board_id as uuid from boards_labels as l where ${labelOf(term.name, term.values)} ${within(scope)}`;
    case "name":
      return sql`select uuid from boards where name in (${list(term.values)}) ${within(scope)}`;
    case "id":
      return sql`select uuid from boards where uuid in (${list(term.values)}) ${within(scope)}`;
    case "near":
      return sql`select uuid from boards where ${nearOf(term)} ${within(scope)}`;
    case "sensor":
      return sql`select board_id as uuid from boards_values as v where ${sensorOf(term)} ${within(scope)}`;
    case "fleet": {
      if (term.values === "any") return undefined;
      const ids = idsOf(fleets, term.values);
      return sql`select board_id as uuid from boards_fleets where ${ids.length === 0 ? nothing : sql`fleet_id in (${list(ids)})`} ${within(scope)}`;
    }
    default:
      return undefined;
  }
};

/** What a look-up finds, unless it is many. */
const someOf = async (
  lookUp: RawBuilder<{ uuid: string }>,
  reader: Reader,
): Promise<readonly string[] | undefined> => {
  const some = sql<{ uuid: string }>`${lookUp} limit ${sql.lit(FEW_MATCHES + 1)}`;
  const { rows } = await byIndex(reader, () => some.execute(reader.queries));
  return rows.length > FEW_MATCHES ? undefined : rows.map(({ uuid }) => uuid);
};

/**
 * Ids among which every match is, where an index says so and they are few; undefined: they have to be met. Of terms that all must
 * match the first with few does; of those of which one must match, all have to have few together.
 */
export const fewOf = async (
  query: BoardQuery,
  fleets: FleetIds,
  scope: Scope,
  reader: Reader,
): Promise<readonly string[] | undefined> => {
  switch (query.kind) {
    case "not": {
      // Who is in no fleet is known by an index of its own; what is merely not so is not.
      const { of } = query;
      if (of.kind !== "fleet" || of.values !== "any") return undefined;
      return someOf(sql`select uuid from boards where in_fleets = 0 ${within(scope)}`, reader);
    }
    case "and": {
      for (const each of query.of) {
        const found = await fewOf(each, fleets, scope, reader);
        if (found) return found;
      }
      return undefined;
    }
    case "or": {
      const all = new Set<string>();
      for (const each of query.of) {
        const found = await fewOf(each, fleets, scope, reader);
        for (const uuid of found ?? []) all.add(uuid);
        if (!found || all.size > FEW_MATCHES) return undefined;
      }
      return [...all];
    }
    default: {
      const lookUp = lookUpOf(query, fleets, scope, reader);
      return lookUp && someOf(lookUp, reader);
    }
  }
};
