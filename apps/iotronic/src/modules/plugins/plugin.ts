// The noun: how plugins, versions and injections are shown. No await, no store.
import {
  fail,
  type Injection,
  type Plugin,
  type PluginExit,
  type PluginManifest,
  type PluginVersion,
  type TargetPlugin,
} from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import type { FoundBoard, Standings } from "../../edge/wishes.ts";
import { type Action, type Actor, actionsOf } from "../../policy/index.ts";
import type { InjectedRow } from "./injection-store.ts";
import type { PluginRow, VersionRow } from "./store.ts";

/** Manifests that are kept parsed: those of the plugins that are called. They are immutable, and named by their hash. */
export const MAX_PARSED_MANIFESTS = 500;

const parsed = new Map<string, PluginManifest>();

/** The manifest of a row. */
export const manifestOf = ({
  version,
  manifest,
}: Pick<VersionRow, "version" | "manifest">): PluginManifest => {
  const known = parsed.get(version);
  if (known) return known;
  const made = JSON.parse(manifest) as PluginManifest;
  if (parsed.size >= MAX_PARSED_MANIFESTS) parsed.clear();
  parsed.set(version, made);
  return made;
};

/** `presentKey`: a signature by another one counts no longer. */
export const showVersion = (row: VersionRow, presentKey: string): PluginVersion => ({
  version: row.version,
  number: row.number,
  manifest: manifestOf(row),
  signature: row.signed_by === presentKey ? { key: row.signed_by, signature: row.signature } : null,
  createdAt: toRfc3339(row.created_at),
  createdBy: row.created_by,
});

const pluginVerbs = {
  update: "plugin.update",
  remove: "plugin.remove",
  addVersion: "plugin.create",
  inject: "injection.inject",
  source: "plugin.source",
} as const satisfies Record<string, Action>;

export const showPlugin = (
  actor: Actor,
  row: PluginRow,
  latest: PluginVersion,
  boards: number,
): Plugin => ({
  uuid: row.uuid,
  name: row.name,
  rev: row.rev,
  createdAt: toRfc3339(row.created_at),
  updatedAt: toRfc3339(row.updated_at),
  project: row.project_id,
  description: row.description,
  labels: JSON.parse(row.labels) as Plugin["labels"],
  runtime: latest.manifest.runtime,
  mode: latest.manifest.mode,
  latest,
  boards,
  actions: actionsOf(actor, row.project_id, pluginVerbs),
});

const verbsOf = {
  sync: { call: "injection.call" },
  async: {
    start: "injection.start",
    stop: "injection.stop",
    restart: "injection.restart",
  },
} as const satisfies Record<string, Record<string, Action>>;

/** Key of a plugin's entry in its board's target, with its section. */
export const entryKeyOf = (plugin: string): string => `plugins/${plugin}`;

/** What stands in the board's target for a plugin. */
export const targetValueOf = (row: InjectedRow): TargetPlugin => ({
  name: row.name,
  version: row.version,
  manifest: manifestOf(row),
  signature: { key: row.signed_by, signature: row.signature },
  onBoot: row.on_boot === 1,
  restart: row.restart as TargetPlugin["restart"],
  parameters: JSON.parse(row.parameters) as TargetPlugin["parameters"],
});

export const showInjection = (
  actor: Actor,
  row: InjectedRow,
  board: FoundBoard,
  standingOf: Standings,
): Injection => {
  const { runtime, mode } = manifestOf(row);
  return {
    plugin: { uuid: row.plugin_id, name: row.name, runtime, mode },
    board: { uuid: board.uuid, name: board.name },
    ...(board.agentKind === "original" ? { unsigned: true } : {}),
    version: row.version,
    number: row.number,
    onBoot: row.on_boot === 1,
    restart: row.restart as Injection["restart"],
    parameters: JSON.parse(row.parameters) as Injection["parameters"],
    entry: standingOf(entryKeyOf(row.name), targetValueOf(row)),
    state: row.state as Injection["state"],
    since: row.since === null ? null : toRfc3339(row.since),
    exit: row.exit === null ? null : (JSON.parse(row.exit) as PluginExit),
    updatedAt: toRfc3339(row.updated_at),
    actions: actionsOf(actor, row.project_id, {
      inject: "injection.inject",
      remove: "injection.remove",
      lines: "injection.lines",
      ...verbsOf[mode],
    }),
  };
};

/** `latest`, a number, or an id or its beginning. Eight digits are a beginning: no plugin has so many versions. */
export const parseVersion = (
  text: string,
  latest: number,
): { readonly number: number } | { readonly version: string } => {
  if (text === "latest") return { number: latest };
  return text.length < 8 ? { number: Number(text) } : { version: text };
};

/** Throws `plugin.wrong-mode` for what this plugin does not do. */
export const requireMode = (
  { mode }: Pick<PluginManifest, "mode">,
  wanted: PluginManifest["mode"],
): void => {
  if (mode === wanted) return;
  const next = wanted === "sync" ? "start it instead" : "call it instead";
  throw fail("plugin.wrong-mode", { mode: mode === "sync" ? "synchronous" : "asynchronous", next });
};
