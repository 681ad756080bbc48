// A project has another key: the versions that this one signed go on running.
import { fail, type ProjectId, signedVersionText } from "@s4t/contract";
import { within } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";
import type { PluginsDependencies } from "./change.ts";
import { listSigned, signVersion } from "./store.ts";

/** Within a transaction: takes over a key's signatures, by version. Throws for the first that is not good. */
export const createResign =
  (isSignedBy: PluginsDependencies["isSignedBy"]) =>
  async (
    tx: Tx,
    project: ProjectId,
    key: string,
    signatures: Readonly<Record<string, string>>,
  ): Promise<void> => {
    for (const [version, signature] of Object.entries(signatures)) {
      if (!isSignedBy(key, signedVersionText(version), signature))
        throw fail("plugin.signature-invalid", { because: `it does not fit version ${version}` });
      if (!(await signVersion(within(project), tx, version, { signed_by: key, signature })))
        throw fail("plugin.version-not-found");
    }
  };

/** Ids of a project's versions that a key has signed. */
export const signedBy = (reader: Reader, project: ProjectId, key: string): Promise<string[]> =>
  listSigned(within(project), reader, project, key);
