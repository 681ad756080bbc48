import { uuidv7 } from "uuidv7";

/** A new id: UUIDv7 (RFC 9562), so that ids of later things sort later. */
export const newId = <Id extends string = string>(): Id => uuidv7() as Id;

/** What every id sorts before, or after, that was made before this moment, or later: they begin with it. */
export const firstIdOf = (atMs: number): string => {
  const hex = Math.max(0, atMs).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
};
