// The target on the board: stored whole, applied entry by entry through a table of executors, reported entry by entry.
import { check, fail, type Target, TargetCa, TargetSection, TargetSettings } from "@s4t/contract";
import { isS4tError, type Log } from "@s4t/kit";
import type { Static, TSchema } from "typebox";
import * as Type from "typebox";
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

const StoredFile = Type.Object({
  revision: Type.Integer(),
  sections: Type.Record(Type.String(), TargetSection),
});
const AppliedFile = Type.Record(
  Type.String(),
  Type.Object({
    hash: Type.String(),
    state: Type.Enum(["reached", "failed"]),
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

/** Makes the keeper. */
export const createTargetKeeper = (
  storage: Storage,
  executors: Executors,
  log: Log,
): TargetKeeper => {
  let stored: Stored = parseStored(StoredFile, storage.read(targetFile), {
    revision: 0,
    sections: {},
  });
  let applied: Applied = parseStored(AppliedFile, storage.read(appliedFile), {});

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

  /** `refusal`: the target is not on disk, so nothing new is applied that a restart would undo. */
  const applyAll = async (
    options: { readonly retryFailed: boolean },
    refusal?: AppliedEntry,
  ): Promise<void> => {
    for (const step of planTarget(applied, stored, options)) {
      const hash = step.kind === "apply" ? step.entry.hash : "";
      const result = refusal ? { ...refusal, hash } : await run(step);
      if (refusal && step.kind === "remove") continue;
      const { [step.path]: _, ...rest } = applied;
      applied = result ? { ...rest, [step.path]: result } : rest;
      // After each entry: a crash leaves every one wholly old or wholly new. Where it cannot be noted it is applied again at the
      // next start, as everything is.
      if (!refusal) tryWrite(appliedFile, applied);
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
      await applyAll(options, tryWrite(targetFile, stored));
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
