// What to do about a target: pure. Entries that hold already are left alone; each other one becomes a step of its own, so that
// one that fails stands in no other's way.
import type { Target, TargetEntry } from "@s4t/contract";

/** What is known of an entry that was applied. */
export interface AppliedEntry {
  readonly hash: string;
  /** `waiting`: its work is under way. */
  readonly state: "waiting" | "reached" | "failed";
  readonly code?: string;
  readonly sentence?: string;
}

/** Applied entries by `section/key`. */
export type Applied = Readonly<Record<string, AppliedEntry>>;

export type Step =
  | {
      readonly kind: "apply";
      readonly path: string;
      readonly key: string;
      readonly entry: TargetEntry;
    }
  | { readonly kind: "remove"; readonly path: string; readonly key: string };

/** Sections that decide about others: whom a board trusts, before what it is to run. */
const firstSections = ["trust"];

/** Steps from what is applied to what should be. A failed entry is tried again only when its content changed or at a join. */
export const planTarget = (
  applied: Applied,
  target: Target,
  options: { readonly retryFailed: boolean },
): Step[] => {
  const wanted = new Map<string, Step>();
  const sections = Object.entries(target.sections).sort(
    ([a], [b]) => Number(firstSections.includes(b)) - Number(firstSections.includes(a)),
  );
  for (const [section, content] of sections)
    for (const entry of content?.entries ?? []) {
      const path = `${section}/${entry.key}`;
      wanted.set(path, { kind: "apply", path, key: entry.key, entry });
    }
  const steps: Step[] = [];
  for (const [path, step] of wanted) {
    const known = applied[path];
    const holds =
      known &&
      step.kind === "apply" &&
      known.hash === step.entry.hash &&
      (known.state !== "failed" || !options.retryFailed);
    if (!holds) steps.push(step);
  }
  for (const path of Object.keys(applied))
    if (!wanted.has(path))
      steps.push({ kind: "remove", path, key: path.slice(path.indexOf("/") + 1) });
  return steps;
};
