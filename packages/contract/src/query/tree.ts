// What a query for boards says, as a tree: the same for lists, the command line and pages. Made by the functions here, a tree has one
// form for each meaning that its text can tell apart: no group of one, no group within a group of its kind, no "not not".

/** Longest text of a query. */
export const MAX_QUERY_LENGTH = 1_000;
/** Most terms of a query: more than anybody reads. */
export const MAX_QUERY_TERMS = 50;
/** How deep groups may stand in each other. */
export const MAX_QUERY_DEPTH = 8;

/** Values of a term, one of which has to be met; `any`: whatever it is, but it is there. */
export type QueryValues = readonly string[] | "any";

/** A term. */
export type QueryTerm =
  /** Part of the name, id, address or place. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "status"; readonly values: readonly string[] }
  /** The whole name. */
  | { readonly kind: "name"; readonly values: readonly string[] }
  | { readonly kind: "id"; readonly values: readonly string[] }
  /** In a fleet, by id or name. */
  | { readonly kind: "fleet"; readonly values: QueryValues }
  | { readonly kind: "label"; readonly name: string; readonly values: QueryValues }
  /** Within a distance on the surface of the earth, taken for a ball of {@link EARTH_RADIUS_M}. */
  | {
      readonly kind: "near";
      readonly latitude: number;
      readonly longitude: number;
      readonly metres: number;
    }
  /** The last value of one series, unless it is older than {@link LATEST_FRESH_S}, or `withinS` where that is said. */
  | {
      readonly kind: "sensor";
      readonly series: string;
      readonly op: SensorOp;
      readonly value: number;
      readonly withinS?: number;
    };

/** How the last value of a series is compared. */
export const sensorOps = [">=", "<=", ">", "<", "="] as const;
export type SensorOp = (typeof sensorOps)[number];
/** A last value that is older than this says nothing of now: three times the longest pause of a board that measures seldom. */
export const LATEST_FRESH_S = 900;
/** Oldest last value that may be asked for: raw values are kept as long. */
export const LATEST_KEPT_S = 2_592_000;

export type BoardQuery =
  | QueryTerm
  | { readonly kind: "and" | "or"; readonly of: readonly BoardQuery[] }
  | { readonly kind: "not"; readonly of: BoardQuery };

/** Mean radius of the earth (IUGG). */
export const EARTH_RADIUS_M = 6_371_008.8;

const group =
  (kind: "and" | "or") =>
  (...of: readonly BoardQuery[]): BoardQuery => {
    const flat = of.flatMap((each) =>
      each.kind === kind ? (each as { readonly of: readonly BoardQuery[] }).of : [each],
    );
    const [only, ...more] = flat;
    return only && more.length === 0 ? only : { kind, of: flat };
  };

/** All of these; without any: every board. */
export const allOf = group("and");
/** At least one of these. */
export const anyOf = group("or");
/** Those that it does not match. */
export const notOf = (of: BoardQuery): BoardQuery =>
  of.kind === "not" ? of.of : { kind: "not", of };

/** Every term of a query. */
export const termsOf = (query: BoardQuery): readonly QueryTerm[] => {
  if (!("of" in query)) return [query];
  return query.kind === "not" ? termsOf(query.of) : query.of.flatMap(termsOf);
};

/** Whether it says nothing: every board matches. */
export const isEmptyQuery = (query: BoardQuery): boolean =>
  query.kind === "and" && query.of.length === 0;

/** A point as a vector of length 1, so that distances are compared without trigonometry where it is stored. */
export const unitVectorOf = (
  latitude: number,
  longitude: number,
): readonly [x: number, y: number, z: number] => {
  const phi = (latitude * Math.PI) / 180;
  const lambda = (longitude * Math.PI) / 180;
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
};

/** Length of the chord under an arc of this many metres, in radii: what the vectors of two points differ by. */
export const chordOf = (metres: number): number =>
  2 * Math.sin(Math.min(metres / (2 * EARTH_RADIUS_M), Math.PI / 2));
