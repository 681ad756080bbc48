import { uuidv7 } from "uuidv7";

/** A new id: UUIDv7 (RFC 9562), so that ids of later things sort later. */
export const newId = <Id extends string = string>(): Id => uuidv7() as Id;
