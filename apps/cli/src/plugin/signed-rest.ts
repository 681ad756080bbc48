// Signatures that an owner made and the cloud does not have yet, in a file beside the owner's key, a line of JSON each: what an
// interrupted seal goes on with. Nothing that came into the project since is among them.
import { readFileIfThere, removeFileDurably, writeFileAtomic } from "@s4t/kit/node";
import { fail } from "@s4t/sdk";
import { parseJsonObject } from "./json-argument.ts";

/** A version with its owner's signature: what it takes to bring that. Manifests of thousands of versions would fill a memory. */
export interface SignedVersion {
  /** Of the plugin, as its name. */
  readonly uuid: string;
  readonly name: string;
  readonly version: string;
  readonly number: number;
  readonly createdAt: string;
  /** Ed25519, hex, 128 digits. */
  readonly signature: string;
}

const fileOf = (keyFile: string, project: string): string => `${keyFile}.${project}.rest`;

/** Keeps them durably in place of what was kept; none: there is no file. Throws what the file system says. */
export const keepRest = (
  keyFile: string,
  project: string,
  rest: readonly SignedVersion[],
): void => {
  const file = fileOf(keyFile, project);
  if (rest.length === 0) removeFileDurably(file);
  else writeFileAtomic(file, rest.map((each) => `${JSON.stringify(each)}\n`).join(""));
};

/** What is kept; none where there is no file. Throws `file.unusable` and `request.invalid` for one that is another's. */
export const readRest = (keyFile: string, project: string): readonly SignedVersion[] => {
  const file = fileOf(keyFile, project);
  return (readFileIfThere(file) ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { uuid, name, version, number, createdAt, signature } = parseJsonObject(line, file);
      const texts = [uuid, name, version, createdAt, signature];
      if (texts.some((text) => typeof text !== "string") || typeof number !== "number")
        throw fail("file.unusable", { file, because: "it holds other things than signatures" });
      return { uuid, name, version, number, createdAt, signature } as SignedVersion;
    });
};
