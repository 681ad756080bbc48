// The target on the board: stored whole, applied entry by entry through a table of executors, reported entry by entry. Work that
// takes long goes on beside: it keeps neither other entries nor the next target waiting.
import { check, fail, type Target, type TargetEntry, TargetSection } from "@s4t/contract";
import { isS4tError, type Log } from "@s4t/kit";
import type { Static, TSchema } from "typebox";
import * as Type from "typebox";
import type { Storage } from "../storage.ts";
import { type EntryAbout, type Executor, type Executors, entrySchemas, kindOf } from "./kinds.ts";
import { type Applied, type AppliedEntry, planTarget, type Step } from "./plan.ts";

/** One row of the report on a target. */
export interface EntryReport {
  readonly key: string;
  readonly hash: string;
  readonly state: "waiting" | "reached" | "failed";
  readonly code?: string;
  readonly sentence?: string;
}

export interface TargetKeeper {
  /** Hashes of the sections that the board has. */
  have(): Record<string, string>;
  /** Takes a target in (sections that are null stay as they are), applies what differs, and says how each entry stands. */
  take(target: Target, options: { readonly retryFailed: boolean }): TargetReport;
  /** How each entry stands now. */
  report(): TargetReport;
  /** What the target names in a section; undefined while no target is known here. */
  named(section: string): readonly TargetEntry[] | undefined;
  /** Applies what is stored, without a cloud: at start. Where nothing is, nothing is removed: the next target decides. */
  restore(): void;
  /** For an executor whose entry decides about those of another section: they are applied anew once this one holds. */
  applyAgain(section: string): void;
}

export interface TargetReport {
  readonly revision: number;
  readonly entries: EntryReport[];
}

/** Work on an entry that has not settled yet. */
interface Work {
  readonly hash: string;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** How an entry stands once its step is done; undefined: it is gone. */
type Outcome = AppliedEntry | undefined;

interface Stored {
  readonly revision: number;
  readonly sections: Readonly<Record<string, TargetSection>>;
}

const targetFile = "target.json";
const appliedFile = "applied.json";

const StoredFile = Type.Object({
  revision: Type.Integer(),
  sections: Type.Record(Type.String(), TargetSection),
});
const AppliedFile = Type.Record(
  Type.String(),
  Type.Object({
    hash: Type.String(),
    state: Type.Enum(["waiting", "reached", "failed"]),
    code: Type.Optional(Type.String()),
    sentence: Type.Optional(Type.String()),
  }),
);

const parseStored = <S extends TSchema>(
  schema: S,
  text: string | undefined,
  fallback: Static<S>,
): Static<S> => {
  if (text === undefined) return fallback;
  try {
    return check(schema, JSON.parse(text), "file");
  } catch {
    return fallback; // damaged: the cloud has it all, the next join brings it
  }
};

const failedOf = (hash: string, error: unknown): AppliedEntry => {
  const known = isS4tError(error)
    ? error
    : fail(
        "target.entry-failed",
        { because: error instanceof Error ? error.message : "it failed" },
        error,
      );
  return { hash, state: "failed", code: known.code, sentence: known.message };
};

/** Makes the keeper. `onSettled`: work that went on beside has ended, and how the entries stand is worth telling again. */
export const createTargetKeeper = (
  storage: Storage,
  executors: Executors,
  log: Log,
  onSettled: () => void,
): TargetKeeper => {
  const unknown: Stored = { revision: 0, sections: {} };
  let stored = parseStored<typeof StoredFile>(StoredFile, storage.read(targetFile), unknown);
  let applied: Applied = parseStored(AppliedFile, storage.read(appliedFile), {});
  const works = new Map<string, Work>();
  let isAgainWanted = false;

  const perform = (step: Step, about: EntryAbout): void | Promise<void> => {
    const kind = kindOf(step.path);
    if (kind === undefined) {
      if (step.kind === "remove") return undefined;
      throw fail("target.entry-unknown", { kind: step.path });
    }
    const executor = executors[kind] as Executor<unknown>;
    if (step.kind === "remove") return executor.remove(about);
    return executor.apply(check(entrySchemas[kind], step.entry.value, step.path), about);
  };

  const run = (step: Step, about: EntryAbout): Outcome | Promise<Outcome> => {
    const hash = step.kind === "apply" ? step.entry.hash : "";
    const reached = (): Outcome => (step.kind === "apply" ? { hash, state: "reached" } : undefined);
    const failed = (error: unknown): Outcome => {
      const outcome = failedOf(hash, error);
      if (!about.signal.aborted)
        log.warn("An entry of the target could not be applied", {
          entry: step.path,
          error: outcome.sentence,
        });
      return outcome;
    };
    try {
      const working = perform(step, about);
      return working ? working.then(reached, failed) : reached();
    } catch (error) {
      return failed(error);
    }
  };

  /** Why the disk does not take a file, or undefined. */
  const tryWrite = (name: string, value: unknown): AppliedEntry | undefined => {
    try {
      storage.write(name, JSON.stringify(value));
      return undefined;
    } catch (error) {
      if (!isS4tError(error)) throw error;
      log.warn("The target could not be stored", { because: error.message });
      return { hash: "", state: "failed", code: error.code, sentence: error.message };
    }
  };

  const note = (path: string, outcome: Outcome): void => {
    const { [path]: _, ...rest } = applied;
    applied = outcome ? { ...rest, [path]: outcome } : rest;
  };

  const settle = (path: string, outcome: Outcome): void => {
    note(path, outcome);
    // After each entry: a crash leaves every one wholly old or wholly new. Where it cannot be noted it is applied again at the
    // next start, as everything is.
    tryWrite(appliedFile, applied);
  };

  const start = (step: Step): void => {
    const { path, key } = step;
    const hash = step.kind === "apply" ? step.entry.hash : "";
    const before = works.get(path);
    if (before?.hash === hash) {
      note(path, { hash, state: "waiting" });
      return;
    }
    before?.stop.abort(fail("request.canceled"));
    const stop = new AbortController();
    const about = { key, signal: stop.signal };
    const working = before
      ? before.done.then(() => (stop.signal.aborted ? undefined : run(step, about)))
      : run(step, about);
    if (!(working instanceof Promise)) {
      settle(path, working);
      return;
    }
    note(path, { hash, state: "waiting" });
    const done = working.then((outcome) => {
      if (works.get(path)?.stop !== stop) return; // something else is wanted by now
      works.delete(path);
      // Where the disk refused a later target, that is what is told of the entry.
      if (applied[path]?.state === "waiting") settle(path, outcome);
      onSettled();
    });
    works.set(path, { hash, stop, done });
  };

  /** `refusal`: the target is not on disk, so nothing new is applied that a restart would undo. */
  const applyAll = (options: { readonly retryFailed: boolean }, refusal?: AppliedEntry): void => {
    isAgainWanted = false;
    for (const step of planTarget(applied, stored, options)) {
      if (!refusal) start(step);
      else if (step.kind === "apply") note(step.path, { ...refusal, hash: step.entry.hash });
    }
    if (isAgainWanted) applyAll({ retryFailed: false });
  };

  const entryReports = (): EntryReport[] =>
    Object.entries(stored.sections).flatMap(([section, { entries }]) =>
      entries.map(({ key, hash }): EntryReport => {
        const path = `${section}/${key}`;
        const known = applied[path];
        if (!known || known.hash !== hash) return { key: path, hash, state: "waiting" };
        const { state, code, sentence } = known;
        return {
          key: path,
          hash,
          state,
          ...(code ? { code } : {}),
          ...(sentence ? { sentence } : {}),
        };
      }),
    );

  const report = (): TargetReport => ({ revision: stored.revision, entries: entryReports() });

  return {
    have: () =>
      Object.fromEntries(Object.entries(stored.sections).map(([name, { hash }]) => [name, hash])),
    take(target, options) {
      const sections: Record<string, TargetSection> = {};
      for (const [name, section] of Object.entries(target.sections)) {
        const kept = section ?? stored.sections[name];
        if (kept) sections[name] = kept;
      }
      stored = { revision: target.revision, sections };
      applyAll(options, tryWrite(targetFile, stored));
      return report();
    },
    report,
    named: (section) =>
      stored === unknown ? undefined : (stored.sections[section]?.entries ?? []),
    restore() {
      // What was reached before the start must hold again, and what is not wanted any more must go: also what was on its way when
      // an agent was killed, and taken back while the next one was.
      const present = Object.entries(executors).flatMap(([kind, executor]) =>
        (executor.present?.() ?? []).map((key) => kind.replace("*", key)),
      );
      applied = Object.fromEntries(
        [...Object.keys(applied), ...present].map((path) => [path, { hash: "", state: "failed" }]),
      );
      if (stored !== unknown) applyAll({ retryFailed: true });
    },
    applyAgain(section) {
      isAgainWanted = true;
      for (const path of Object.keys(applied))
        if (path.startsWith(`${section}/`)) note(path, { hash: "", state: "failed" });
    },
  };
};
