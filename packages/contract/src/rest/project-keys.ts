// The keys that sign for projects: shown, handed over to an owner, replaced.
import type { Static } from "typebox";
import * as Type from "typebox";
import { PluginSignature, Sha256 } from "../plugin.ts";
import { endpoint, Strict } from "./endpoint.ts";
import { Time, uuidParams } from "./shared.ts";

/** The key that makes code and grants good on a project's boards. */
export const ProjectKey = Type.Object(
  {
    key: Type.String({ description: "Ed25519 public key, raw, hex" }),
    level: Type.Enum(["managed", "sealed"]),
    since: Time,
    number: Type.Integer({ minimum: 1, description: "Counts the keys that the project has had" }),
  },
  { $id: "ProjectKey" },
);
export type ProjectKey = Static<typeof ProjectKey>;

/** Most signatures that come with a key: what one request holds. Versions beyond them are signed one by one afterwards. */
export const MAX_SIGNATURES_AT_ONCE = 5_000;

/** A key that its owner brings. */
const ownedKey = {
  key: PluginSignature.properties.key,
  /** Of `signedKeyText(key, true)` by the new key itself: whoever names a key must hold it. */
  proof: PluginSignature.properties.signature,
  /** The owner's signatures of versions that shall go on running, by version id. */
  signatures: Type.Record(Sha256, PluginSignature.properties.signature, {
    maxProperties: MAX_SIGNATURES_AT_ONCE,
  }),
};

export const projectKeys = {
  show: endpoint({
    method: "GET",
    path: "/api/projects/{uuid}/key",
    action: "project.show",
    scope: "self",
    summary: "The key that signs for a project, and who holds it",
    params: uuidParams,
    reply: ProjectKey,
  }),
  seal: endpoint({
    method: "POST",
    path: "/api/projects/{uuid}/seal",
    action: "project.seal",
    scope: "self",
    summary: "Hand the project's key over to its owner: the cloud forgets its own",
    params: uuidParams,
    body: Strict(ownedKey),
    reply: ProjectKey,
  }),
  rekey: endpoint({
    method: "POST",
    path: "/api/projects/{uuid}/rekey",
    action: "project.rekey",
    scope: "self",
    summary:
      "Put another key in the place of a project's present one, which is good for nothing then",
    params: uuidParams,
    body: Strict({
      /** On a sealed project: the next key; `named` is of `signedKeyText(key, true)` by the present one. */
      next: Type.Optional(Strict({ ...ownedKey, named: PluginSignature.properties.signature })),
    }),
    reply: ProjectKey,
    example: {},
  }),
};
