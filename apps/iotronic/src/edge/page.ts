// Cursors of lists: the sort key of the last row, made opaque. A damaged or foreign cursor is the caller's fault.
import { DEFAULT_PAGE_SIZE, fail, momentOf } from "@s4t/contract";

/** What every list query may say. */
export interface PageQuery {
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
}

/** Rows of a page. */
export const pageSizeOf = (query: PageQuery): number => query.limit ?? DEFAULT_PAGE_SIZE;

export type CursorPart = string | number;

/** Sort key → cursor. */
export const encodeCursor = (parts: readonly CursorPart[]): string =>
  Buffer.from(JSON.stringify(parts)).toString("base64url");

/** Cursor → sort key of as many parts of these kinds. Throws `request.invalid`. */
export const parseCursor = <const Kinds extends readonly ("string" | "number")[]>(
  cursor: string,
  kinds: Kinds,
): { [Index in keyof Kinds]: Kinds[Index] extends "string" ? string : number } => {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch (cause) {
    throw fail(
      "request.invalid",
      { where: "query/after", because: "is not a cursor of this list" },
      cause,
    );
  }
  if (
    !Array.isArray(parts) ||
    parts.length !== kinds.length ||
    parts.some((part, i) => typeof part !== kinds[i])
  )
    throw fail("request.invalid", {
      where: "query/after",
      because: "is not a cursor of this list",
    });
  return parts as never;
};

/**
 * A page out of rows that were asked for with one more than fits: `next` is there when that one came.
 *
 * @example
 * const rows = await store.list(scope, reader, {limit: pageSizeOf(query) + 1});
 * return pageOf(rows, query, (row) => [row.name, row.uuid], show);
 */
export const pageOf = <Row, Shown>(
  rows: readonly Row[],
  query: PageQuery,
  keyOf: (row: Row) => readonly CursorPart[],
  show: (row: Row) => Shown,
): { items: Shown[]; next: string | null } => {
  const size = pageSizeOf(query);
  const last = rows[size - 1];
  return {
    items: rows.slice(0, size).map(show),
    next: rows.length > size && last !== undefined ? encodeCursor(keyOf(last)) : null,
  };
};

/** `-24h` or RFC 3339 → ms UTC. Throws `request.invalid`. */
export const parseMoment = (text: string, nowMs: number, where: string): number => {
  const moment = momentOf(text, nowMs);
  if (moment === undefined)
    throw fail("request.invalid", {
      where,
      because: "is neither RFC 3339 nor an age such as -24h",
    });
  return moment;
};
