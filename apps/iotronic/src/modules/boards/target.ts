// This module's part of a board's target, and the composition of all parts: sections with hashes, entries in order of key.
import type { Target, TargetEntry, TargetSection } from "@s4t/contract";
import { hashOf } from "@s4t/kit/node";
import type { Reader } from "../../ports/database.ts";
import { settingsOf } from "./board.ts";
import type { BoardRow } from "./store.ts";

/** A module's part of the target: section → key → value. */
export type TargetPart = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What another module contributes to a board's target: all parts read in one view. */
export type TargetContributor = (
  reader: Reader,
  board: BoardRow,
) => Promise<TargetPart> | TargetPart;

/**
 * Names a target without reading it: by its revision, and by the moment at which that was made, since a restored backup counts on from
 * an earlier one. `common`: what all boards' targets have in common, and no revision counts.
 */
export const targetTag = (
  { target_wanted, updated_at }: Pick<BoardRow, "target_wanted" | "updated_at">,
  common: string,
): string => `${target_wanted}.${updated_at}.${common}`;

/** The section `settings`. */
export const settingsPart = (row: BoardRow): TargetPart => ({ settings: { ...settingsOf(row) } });

const sectionOf = (values: Readonly<Record<string, unknown>>): TargetSection => {
  const entries: TargetEntry[] = Object.keys(values)
    .sort()
    .map((key) => ({ key, hash: hashOf(values[key]), value: values[key] }));
  return { hash: hashOf(entries.map(({ key, hash }) => [key, hash])), entries };
};

/** Sections that a board with the original agent can be given. */
const originalSections: ReadonlySet<string> = new Set(["plugins", "services"]);

/** A whole target out of the modules' parts, as far as a board of this agent kind can be given it. */
export const composeTarget = (
  revision: number,
  parts: readonly TargetPart[],
  agentKind: string | null,
): Target => {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const part of parts)
    for (const [name, values] of Object.entries(part))
      if (agentKind !== "original" || originalSections.has(name))
        sections[name] = { ...sections[name], ...values };
  return {
    revision,
    sections: Object.fromEntries(
      Object.entries(sections).map(([name, values]) => [name, sectionOf(values)]),
    ),
  };
};
