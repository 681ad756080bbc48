// Whether a version may run here at all: it is what its id says, and the project's key that this board pinned answers for it.
import { fail, requireSoundManifest, signedVersionText, type TargetPlugin } from "@s4t/contract";
import { hashOf } from "@s4t/kit/node";
import { isSignedBy, type ProjectKeyPin } from "../../link/project-key.ts";

/** Throws `plugin.signature-invalid` and `plugin.manifest-invalid`. */
export const requireTrusted = (
  { name, version, manifest, signature }: TargetPlugin,
  pinned: ProjectKeyPin | undefined,
): void => {
  const refuse = (because: string) => fail("plugin.signature-invalid", { because });
  if (!pinned) throw refuse("the board knows no key of its project");
  if (signature.key !== pinned.key) throw refuse("it is signed with another key");
  if (!isSignedBy(pinned.key, signature.signature, signedVersionText(version)))
    throw refuse("the signature is not of this version");
  if (hashOf(manifest) !== version) throw refuse("the manifest is not the one that was signed");
  // The name decides where its state lies and what its series are called: it is signed too.
  if (manifest.name !== name) throw refuse("it was signed under another name");
  requireSoundManifest(manifest);
};
