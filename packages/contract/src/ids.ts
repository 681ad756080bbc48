// Identifiers: UUIDv7 (RFC 9562), called `uuid` on the wire; in WAMP URIs 32 hex digits without hyphens (strict URI syntax).
import * as Type from "typebox";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type BoardId = Branded<"board">;
export type ProjectId = Branded<"project">;
export type UserId = Branded<"user">;
export type OperationId = Branded<"operation">;

/** The text form of a UUID, any version: what is accepted in paths and bodies. */
export const uuidPattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
const uuidExpression = new RegExp(uuidPattern);

/** Whether a text is a UUID in the form that we print. */
export const isUuid = (text: string): boolean => uuidExpression.test(text);

/** `0192…-…` → 32 hex digits, for WAMP URIs. */
export const toHex = (uuid: string): string => uuid.replaceAll("-", "");

/** 32 hex digits → UUID with hyphens; `undefined` for anything else. */
export const fromHex = (hex: string): string | undefined =>
  /^[0-9a-f]{32}$/.test(hex)
    ? `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
    : undefined;

/** Schema of an id. */
export const Uuid = (description: string) => Type.String({ pattern: uuidPattern, description });
