// A version comes to its plugin: signed by the project's present key, and within what the project may keep.
import {
  type BodyOf,
  fail,
  type PluginSignature,
  type ProjectId,
  type rest,
  signedVersionText,
} from "@s4t/contract";
import { type Actor, within } from "../../policy/index.ts";
import type { Tx } from "../../ports/database.ts";
import type { PluginsDependencies } from "./change.ts";
import type { Examined } from "./examine.ts";
import { insertVersion, type PluginRow, sumNamed, type VersionRow } from "./store.ts";
import { removeUpload } from "./upload-store.ts";
import { LEAST_COUNTED_BYTES } from "./uploads.ts";

export type VersionInput = Omit<BodyOf<typeof rest.plugins.addVersion>, "description" | "labels">;

/** Makes what adds. */
export const createAdding = (deps: PluginsDependencies) => {
  /** Within a transaction: throws `plugin.signature-invalid` for one that is not by the project's present key. */
  const requireSigned = async (
    tx: Tx,
    project: ProjectId,
    version: string,
    { key, signature }: PluginSignature,
  ): Promise<void> => {
    const present = await deps.holdKey(tx, project);
    const because =
      present.key !== key
        ? "it is not by the project's present key"
        : deps.isSignedBy(key, signedVersionText(version), signature)
          ? undefined
          : "it does not fit the version";
    if (because !== undefined) throw fail("plugin.signature-invalid", { because });
  };

  /** How many bytes a version counts as. Throws `blob.named-full` where the project may not have them besides its others. */
  const takeRoom = async (
    tx: Tx,
    project: ProjectId,
    blob: VersionInput["manifest"]["blob"],
    text: string,
  ): Promise<Pick<VersionRow, "bytes" | "manifest_bytes">> => {
    const counted = {
      bytes: Math.max(blob.bytes, LEAST_COUNTED_BYTES),
      manifest_bytes: Buffer.byteLength(text),
    };
    const others = await sumNamed(within(project), tx, project, blob.sha256);
    const bytes = others + counted.bytes + counted.manifest_bytes;
    if (bytes > deps.maxNamedBytes)
      throw fail("blob.named-full", { bytes, limitBytes: deps.maxNamedBytes });
    return counted;
  };

  /** Within a transaction: a version with its signature, as the next of its plugin. */
  const addTo = async (
    tx: Tx,
    actor: Actor,
    plugin: Pick<PluginRow, "uuid" | "project_id">,
    number: number,
    { manifest, signature }: VersionInput,
    { version, text }: Examined,
  ): Promise<VersionRow> => {
    const project = plugin.project_id as ProjectId;
    if (signature) await requireSigned(tx, project, version, signature);
    const signed = signature ?? (await deps.sign(tx, project, signedVersionText(version)));
    const counted = await takeRoom(tx, project, manifest.blob, text);
    const row: VersionRow = {
      project_id: project,
      plugin_id: plugin.uuid,
      number,
      version,
      manifest: text,
      blob: manifest.blob.sha256,
      ...counted,
      signed_by: signed.key,
      signature: signed.signature,
      created_at: deps.clock.now(),
      created_by: actor.name,
    };
    await insertVersion(within(project), tx, row);
    await removeUpload(within(project), tx, project, row.blob);
    return row;
  };

  return { requireSigned, addTo };
};
