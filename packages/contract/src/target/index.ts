// The target: the one document of what should be true on a board. Sections are fetched by hash; entries apply independently.
import type { Static } from "typebox";
import * as Type from "typebox";

/** Most entries in one section. */
export const MAX_ENTRIES_PER_SECTION = 500;

/** One wish: a stable key within its section, the hash of its canonical value (RFC 8785, SHA-256 hex), the value. */
export const TargetEntry = Type.Object({
  key: Type.String({ maxLength: 100, pattern: "^[a-z0-9][a-z0-9._-]*$" }),
  hash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  value: Type.Unknown(),
});
export type TargetEntry = Static<typeof TargetEntry>;

/** A section: `hash` covers keys and hashes of its entries in order of key. */
export const TargetSection = Type.Object({
  hash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  entries: Type.Array(TargetEntry, { maxItems: MAX_ENTRIES_PER_SECTION }),
});
export type TargetSection = Static<typeof TargetSection>;

/** A target, or what changed of it. `sections` lists all sections that exist; those with `null` the board has already. */
export const Target = Type.Object({
  revision: Type.Integer({ minimum: 0 }),
  sections: Type.Record(Type.String({ maxLength: 64 }), Type.Union([TargetSection, Type.Null()])),
});
export type Target = Static<typeof Target>;

export * from "./plugins.ts";
export * from "./services.ts";
export * from "./settings.ts";
export * from "./trust.ts";
