// The target on the board: stored whole, applied entry by entry through a table of executors, reported entry by entry.
import {
  check,
  fail,
  type Target,
  TargetCa,
  type TargetSection,
  TargetSettings,
} from "@s4t/contract";
import { isS4tError, type Log } from "@s4t/kit";
import type { Static, TSchema } from "typebox";
import type { Storage } from "../storage.ts";
import { type Applied, type AppliedEntry, planTarget, type Step } from "./plan.ts";

/** Kinds of entries that this agent can apply, by `section/key`. */
export interface EntryKinds {
  "settings/sensors": TargetSettings["sensors"];
  "settings/log": TargetSettings["log"];
  "trust/ca": TargetCa;
}

/** How each kind is applied and undone: a kind without an executor does not compile. */
export type Executors = {
  readonly [Kind in keyof EntryKinds]: {
    apply(value: EntryKinds[Kind]): void | Promise<void>;
    remove(): void | Promise<void>;
  };
};

const schemas: { readonly [Kind in keyof EntryKinds]: TSchema } = {
  "settings/sensors": TargetSettings.properties.sensors,
  "settings/log": TargetSettings.properties.log,
  "trust/ca": TargetCa,
};

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
  take(
    target: Target,
    options: { readonly retryFailed: boolean },
  ): Promise<{ revision: number; entries: EntryReport[] }>;
  /** Applies what is stored, without a cloud: at start. */
  restore(): Promise<void>;
}

interface Stored {
  readonly revision: number;
  readonly sections: Readonly<Record<string, TargetSection>>;
}

const targetFile = "target.json";
const appliedFile = "applied.json";

const parseStored = <T>(text: string | undefined, fallback: T): T => {
  if (text === undefined) return fallback;
  try {
    return JSON.parse(text) as T;
  } catch {
    return fallback; // damaged: the cloud has it all, the next join brings it
  }
};

/** Makes the keeper. */
export const createTargetKeeper = (
  storage: Storage,
  executors: Executors,
  log: Log,
): TargetKeeper => {
  let stored = parseStored<Stored>(storage.read(targetFile), { revision: 0, sections: {} });
  let applied = parseStored<Applied>(storage.read(appliedFile), {});

  const isKnown = (path: string): path is keyof EntryKinds => Object.hasOwn(executors, path);

  const run = async (step: Step): Promise<AppliedEntry | undefined> => {
    const hash = step.kind === "apply" ? step.entry.hash : "";
    try {
      if (!isKnown(step.path)) {
        if (step.kind === "remove") return undefined;
        throw fail("target.entry-unknown", { kind: step.path });
      }
      const executor = executors[step.path];
      if (step.kind === "remove") {
        await executor.remove();
        return undefined;
      }
      const value = check(schemas[step.path], step.entry.value, step.path) as Static<TSchema>;
      await (executor.apply as (value: unknown) => void | Promise<void>)(value);
      return { hash, state: "reached" };
    } catch (error) {
      const known = isS4tError(error)
        ? error
        : fail(
            "target.entry-failed",
            { because: error instanceof Error ? error.message : "it failed" },
            error,
          );
      log.warn("An entry of the target could not be applied", {
        entry: step.path,
        error: known.message,
      });
      return { hash, state: "failed", code: known.code, sentence: known.message };
    }
  };

  const applyAll = async (options: { readonly retryFailed: boolean }): Promise<void> => {
    for (const step of planTarget(applied, stored, options)) {
      const result = await run(step);
      const { [step.path]: _, ...rest } = applied;
      applied = result ? { ...rest, [step.path]: result } : rest;
      // After each entry: a crash leaves every one wholly old or wholly new.
      storage.write(appliedFile, JSON.stringify(applied));
    }
  };

  const report = (): EntryReport[] =>
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

  return {
    have: () =>
      Object.fromEntries(Object.entries(stored.sections).map(([name, { hash }]) => [name, hash])),
    async take(target, options) {
      const sections: Record<string, TargetSection> = {};
      for (const [name, section] of Object.entries(target.sections)) {
        const kept = section ?? stored.sections[name];
        if (kept) sections[name] = kept;
      }
      stored = { revision: target.revision, sections };
      storage.write(targetFile, JSON.stringify(stored));
      await applyAll(options);
      return { revision: stored.revision, entries: report() };
    },
    async restore() {
      // What was reached before the start must hold again: settings live in memory only.
      applied = Object.fromEntries(
        Object.entries(applied).filter(([, { state }]) => state === "failed"),
      );
      await applyAll({ retryFailed: true });
    },
  };
};
