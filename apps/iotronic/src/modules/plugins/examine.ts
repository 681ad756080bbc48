// What a version has to be before anybody relies on it, as far as that needs no transaction: sound, of bytes that its project has, and
// whole.
import { fail, type PluginManifest, type ProjectId, requireSoundManifest } from "@s4t/contract";
import { canonicalJson } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import { within } from "../../policy/index.ts";
import type { PluginsDependencies } from "./change.ts";
import { checkBlob } from "./unpack.ts";
import { hasBlob } from "./upload-store.ts";

export interface Examined {
  /** Id of the version. */
  readonly version: string;
  /** Its manifest as it is signed. */
  readonly text: string;
}

/**
 * Examines what a project says of its bytes. Bytes that it has neither sent nor named before are not there for it, whoever else
 * has them.
 */
export const createExamine =
  ({ database, blobs }: Pick<PluginsDependencies, "database" | "blobs">) =>
  async (project: ProjectId, manifest: PluginManifest): Promise<Examined> => {
    requireSoundManifest(manifest);
    const { sha256, bytes } = manifest.blob;
    const scope = within(project);
    const isTheirs = await database.read(scope, (reader) =>
      hasBlob(scope, reader, project, sha256),
    );
    const blob = isTheirs ? await blobs.find(sha256) : undefined;
    if (!blob) throw fail("blob.not-found");
    if (blob.bytes !== bytes)
      throw fail("plugin.damaged", { because: `the blob has ${blob.bytes} bytes, not ${bytes}` });
    await checkBlob(await blobs.read(sha256), manifest);
    const text = canonicalJson(manifest);
    return { version: sha256Hex(text), text };
  };
