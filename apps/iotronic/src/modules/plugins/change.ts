// What every verb of this module needs: its surroundings, a plugin by id or name, the notes that something changed.
import {
  fail,
  MAX_PLUGIN_PARAMETERS_BYTES,
  type PluginSignature,
  type ProjectId,
} from "@s4t/contract";
import type { Clock, Json, Log } from "@s4t/kit";
import type { AuditLog, ChangeLog } from "../../edge/facts.ts";
import type { KnownBoard, Link } from "../../edge/link.ts";
import type { Metrics } from "../../edge/metrics.ts";
import type { Wishes } from "../../edge/wishes.ts";
import type { Actor, Scope } from "../../policy/index.ts";
import type { BlobsDriver } from "../../ports/blobs.ts";
import type { Database, Reader, Tx } from "../../ports/database.ts";
import type { Operations } from "../operations/index.ts";
import { findPlugin, type PluginRow } from "./store.ts";

export interface PluginsDependencies {
  readonly database: Database;
  readonly blobs: BlobsDriver;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly audit: AuditLog;
  readonly changes: ChangeLog;
  readonly operations: Operations;
  readonly link: () => Link;
  /** The key that signs for a project; undefined before its first need. */
  readonly presentKey: (
    reader: Reader,
    project: ProjectId,
  ) => Promise<{ readonly key: string; readonly sealed: boolean } | undefined>;
  /** Within a transaction: the same, which nobody replaces until it ends. */
  readonly holdKey: (
    tx: Tx,
    project: ProjectId,
  ) => Promise<{ readonly key: string; readonly sealed: boolean }>;
  /** Most bytes that the versions of one project may have, manifests among them. */
  readonly maxNamedBytes: number;
  /** Within a transaction: signs for a managed project. Throws `plugin.unsigned` for a sealed one. */
  readonly sign: (tx: Tx, project: ProjectId, text: string) => Promise<PluginSignature>;
  /** Whether a key has signed a text. */
  readonly isSignedBy: (key: string, text: string, signature: string) => boolean;
  readonly wishes: Wishes;
}

type Facts = Readonly<Record<string, Json>>;

export const getPlugin = async (
  scope: Scope,
  reader: Reader,
  idOrName: string,
): Promise<PluginRow> => {
  const row = await findPlugin(scope, reader, idOrName);
  if (!row) throw fail("plugin.not-found");
  return row;
};

/** Throws `request.invalid` for parameters that are larger than a board takes. */
export const requireSmall = (parameters: object | undefined): void => {
  const bytes = parameters ? Buffer.byteLength(JSON.stringify(parameters)) : 0;
  if (bytes > MAX_PLUGIN_PARAMETERS_BYTES)
    throw fail("request.invalid", {
      where: "body/parameters",
      because: `has more than ${MAX_PLUGIN_PARAMETERS_BYTES} bytes`,
    });
};

/** What is written down of a plugin. */
type PluginAction =
  | "plugin.create"
  | "plugin.add-version"
  | "plugin.sign"
  | "plugin.update"
  | "plugin.remove-version"
  | "plugin.remove";
/** What is wished of a plugin on a board, as it is written down. */
export type WishAction = "injection.inject" | "injection.remove";
/** What is asked of a plugin on a board, as it is written down. */
export type AskAction = `injection.${"call" | "start" | "stop" | "restart"}`;
/** All of it: the steps of each are points at which tests kill. */
export type PluginsAction = PluginAction | WishAction | AskAction;

/** Within a transaction: a plugin was made, changed or removed. */
export const notePlugin = async (
  { audit, changes }: Pick<PluginsDependencies, "audit" | "changes">,
  tx: Tx,
  actor: Actor,
  action: PluginAction,
  row: PluginRow,
  facts: Facts = {},
): Promise<void> => {
  const project = row.project_id as ProjectId;
  const { uuid, name, rev } = row;
  await audit.append(tx, {
    ...{ actor, action, project, facts },
    resource: { noun: "plugin", uuid, name },
  });
  await changes.append(tx, { actor, project, noun: "plugin", uuid, rev, patch: facts });
};

/** A plugin on a board, as changes name it. */
export interface InjectedThere {
  readonly plugin: string;
  readonly rev: number;
}

/** Within a transaction: how a plugin is on a board has changed. */
export const noteInjection = (
  { changes }: Pick<PluginsDependencies, "changes">,
  tx: Tx,
  actor: Actor,
  board: Pick<KnownBoard, "uuid" | "project">,
  { plugin, rev }: InjectedThere,
  facts: Facts,
): Promise<void> =>
  changes.append(tx, {
    ...{ actor, project: board.project, noun: "injection", uuid: board.uuid, rev },
    patch: { plugin, ...facts },
  });
