// A plugin that is being written: kept in this browser until it is saved, so that no closed tab loses it.
import { useCallback, useEffect, useState } from "react";
import {
  defaultPluginLimits,
  defaultPluginNeeds,
  type PluginFile,
  type PluginLimits,
  type PluginMode,
  type PluginNeeds,
  type PluginRuntime,
  type PluginVersion,
  parameterSchemaFault,
} from "../../live/contract.ts";
import type { ManifestWords, TextFile } from "../../live/plugin-files.ts";
import { entryOf, isTemplate, templateOf, templateSchema } from "./templates.ts";

/** A draft is written down this long after the last key: not at each. */
const KEEP_AFTER_MS = 400;

export interface DraftFile {
  readonly path: string;
  readonly text: string;
}

export interface PluginDraft {
  readonly name: string;
  readonly runtime: PluginRuntime;
  readonly mode: PluginMode;
  readonly entry: string;
  readonly files: readonly DraftFile[];
  /** JSON as it is typed; empty: no schema. */
  readonly schema: string;
  readonly limits: PluginLimits;
  readonly needs: PluginNeeds;
  readonly isolated: boolean;
}

export const newDraft = (): PluginDraft => ({
  name: "",
  runtime: "node",
  mode: "sync",
  entry: entryOf.node,
  files: [{ path: entryOf.node, text: templateOf("node", "sync") }],
  schema: templateSchema,
  limits: defaultPluginLimits,
  needs: defaultPluginNeeds,
  isolated: false,
});

/** The draft of a version's successor. */
export const draftOfVersion = (
  { manifest }: PluginVersion,
  files: readonly TextFile[],
): PluginDraft => ({
  name: manifest.name,
  runtime: manifest.runtime,
  mode: manifest.mode,
  entry: manifest.entry,
  files: files.flatMap(({ path, text }) => (text === null ? [] : [{ path, text }])),
  schema: manifest.parameters === null ? "" : `${JSON.stringify(manifest.parameters, null, 2)}\n`,
  limits: manifest.limits,
  needs: manifest.needs,
  isolated: manifest.isolated,
});

/** Another runtime or mode: a template that nobody touched becomes the other one's. */
export const withKind = (
  draft: PluginDraft,
  runtime: PluginRuntime,
  mode: PluginMode,
): PluginDraft => {
  const entry = draft.files.find(({ path }) => path === draft.entry);
  if (!entry || !isTemplate(entry.text)) return { ...draft, runtime, mode };
  const path = draft.runtime === runtime ? draft.entry : entryOf[runtime];
  const fresh = { path, text: templateOf(runtime, mode) };
  const files = draft.files.map((file) => (file === entry ? fresh : file));
  return { ...draft, runtime, mode, entry: path, files };
};

export interface ReadSchema {
  readonly schema: Readonly<Record<string, unknown>> | null;
  /** Why the text is no schema of parameters. */
  readonly fault: "not-json" | string | null;
}

export const readSchema = (text: string): ReadSchema => {
  if (text.trim() === "") return { schema: null, fault: null };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { schema: null, fault: "not-json" };
  }
  const fault = parameterSchemaFault(value) ?? null;
  return { schema: fault === null ? (value as Record<string, unknown>) : null, fault };
};

/** What is packed; files that are no text come along as they were. */
export const packOf = (
  draft: PluginDraft,
  kept: readonly PluginFile[],
): { readonly files: readonly PluginFile[]; readonly words: ManifestWords } => {
  const { name, runtime, mode, entry, limits, needs, isolated } = draft;
  const encoder = new TextEncoder();
  const files = draft.files.map(({ path, text }) => ({ path, bytes: encoder.encode(text) }));
  const parameters = readSchema(draft.schema).schema as ManifestWords["parameters"];
  return {
    files: [...files, ...kept],
    words: { name, runtime, mode, entry, parameters, limits, needs, isolated },
  };
};

const keyOf = (project: string, of: string): string => `s4t.draft.${project}.${of}`;

const load = (key: string): PluginDraft | null => {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null") as PluginDraft | null;
    return kept && Array.isArray(kept.files) && kept.files.length > 0 ? kept : null;
  } catch {
    return null;
  }
};

export interface KeptDraft {
  readonly draft: PluginDraft;
  readonly isChanged: boolean;
  change(next: PluginDraft): void;
  /** What is there now is saved elsewhere: this browser need not keep it. */
  settle(): void;
  discard(): void;
}

/** The draft of a plugin, kept in this browser while it differs from what it began with. */
export const useDraft = (project: string, of: string, begin: PluginDraft): KeptDraft => {
  const key = keyOf(project, of);
  const [start, setStart] = useState(begin);
  const [draft, setDraft] = useState(() => load(key) ?? begin);
  const isChanged = JSON.stringify(draft) !== JSON.stringify(start);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (isChanged) localStorage.setItem(key, JSON.stringify(draft));
      else localStorage.removeItem(key);
    }, KEEP_AFTER_MS);
    return () => clearTimeout(timer);
  }, [key, draft, isChanged]);
  const settle = useCallback(() => {
    localStorage.removeItem(key);
    setStart(draft);
  }, [key, draft]);
  const discard = useCallback(() => {
    localStorage.removeItem(key);
    setDraft(start);
  }, [key, start]);
  return { draft, isChanged, change: setDraft, settle, discard };
};
