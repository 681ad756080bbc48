// Lists as the original has them: limit, marker, order, fields, and a `next` that says everything that was asked.
import { MAX_PAGE_SIZE } from "@s4t/contract";
import { Fault, invalid } from "./fault.ts";
import type { Members, V1Request } from "./row.ts";

/** Most rows of a page, and as many where nobody says. */
export const MAX_LIMIT = MAX_PAGE_SIZE;

/** How a list was asked for. */
export interface Listed {
  readonly limit: number;
  readonly marker: string | undefined;
  readonly sortKey: string;
  readonly descending: boolean;
  /** Names that are shown. */
  readonly fields: readonly string[] | undefined;
}

/** What a list of one noun has. */
export interface Collection {
  /** `boards`. */
  readonly type: string;
  /** Every attribute, as it is spelt. */
  readonly attributes: readonly string[];
  /** Those of a plain list. */
  readonly shown: readonly string[];
  /** Whether unknown names in `fields` are passed over. */
  readonly lenient?: boolean;
}

const unsortable = ["extra", "location"];

const limitOf = (text: string | undefined): number => {
  if (text === undefined) return MAX_LIMIT;
  const limit = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(limit))
    throw invalid(
      `Invalid input for field/attribute limit. Value: '${text.slice(0, 64)}'. unable to convert to int`,
    );
  if (limit <= 0) throw invalid("Limit must be positive");
  return Math.min(limit, MAX_LIMIT);
};

/** `fields` of a query, in the spelling of the attributes: the server never minded upper case. */
export const fieldsOf = (
  text: string | undefined,
  { attributes, lenient = false }: Pick<Collection, "attributes" | "lenient">,
): readonly string[] | undefined => {
  if (text === undefined) return undefined;
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const spelt = names.map((name) =>
    attributes.find((each) => each.toLowerCase() === name.toLowerCase()),
  );
  const wrong = names.filter((_name, at) => spelt[at] === undefined);
  if (wrong.length > 0 && !lenient)
    throw invalid(`Field(s) "${wrong.join(", ").slice(0, 200)}" are not valid`);
  return [...new Set(spelt.filter((name) => name !== undefined))];
};

/** Reads what a list was asked. */
export const listedOf = ({ query }: V1Request, of: Collection, isDetail = false): Listed => {
  const { sort_key: sortKey = "id", sort_dir: direction = "asc", marker } = query;
  if (direction !== "asc" && direction !== "desc")
    throw invalid(
      `Invalid sort direction: ${direction.slice(0, 64)}. Acceptable values are 'asc' or 'desc'`,
    );
  if (unsortable.includes(sortKey) || (sortKey !== "id" && !of.attributes.includes(sortKey)))
    throw invalid(`The sort_key value ${sortKey.slice(0, 64)} is an invalid field for sorting`);
  return {
    limit: limitOf(query.limit),
    marker,
    sortKey,
    descending: direction === "desc",
    fields: fieldsOf(query.fields, of) ?? (isDetail ? undefined : of.shown),
  };
};

/** Only these members, and the links. */
export const pick = (shown: Members, fields: readonly string[] | undefined): Members =>
  fields
    ? Object.fromEntries(
        Object.entries(shown).filter(([name]) => name === "links" || fields.includes(name)),
      )
    : shown;

const order = (a: unknown, b: unknown): number => {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : 1;
};

/** The page of a list that is small enough to be looked at whole. `found`: all of it, whole and in the original's words. */
export const pageOf = (
  found: readonly Members[],
  { limit, marker, sortKey, descending }: Listed,
): { readonly page: readonly Members[]; readonly more: boolean } => {
  // Ids are in the order in which things were made, as the original's row numbers are.
  const key = sortKey === "id" ? "uuid" : sortKey;
  const sign = descending ? -1 : 1;
  const sorted = [...found].sort((a, b) => sign * (order(a[key], b[key]) || order(a.uuid, b.uuid)));
  const at = marker === undefined ? -1 : sorted.findIndex(({ uuid }) => uuid === marker);
  if (marker !== undefined && at < 0)
    throw new Fault(404, `Resource ${marker.slice(0, 64)} could not be found.`);
  const page = sorted.slice(at + 1, at + 1 + limit);
  return { page, more: at + 1 + limit < sorted.length };
};

/** A list as it is answered. `next` is there where there is more, and keeps every filter. */
export const collected = (
  request: V1Request,
  type: string,
  { limit, fields }: Listed,
  { page, more }: { readonly page: readonly Members[]; readonly more: boolean },
): Members => {
  const last = page.at(-1);
  const items = page.map((each) => pick(each, fields));
  if (!more || last === undefined) return { [type]: items };
  const { sort_key = "id", sort_dir = "asc", ...rest } = request.query;
  const query = new URLSearchParams({ ...rest, sort_key, sort_dir });
  query.set("limit", String(limit));
  query.set("marker", String(last.uuid));
  return { [type]: items, next: `${request.base}${request.path}?${query}` };
};

/** All rows of a list of `/api`, page by page. */
export const everyOf = async <Row>(
  read: (page: { limit: number; after?: string }) => Promise<{ items: Row[]; next: string | null }>,
): Promise<Row[]> => {
  const rows: Row[] = [];
  for (let after: string | undefined; ; ) {
    const page = await read({ limit: MAX_LIMIT, ...(after === undefined ? {} : { after }) });
    rows.push(...page.items);
    if (page.next === null) return rows;
    after = page.next;
  }
};
