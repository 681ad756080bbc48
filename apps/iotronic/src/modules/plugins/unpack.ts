// Whether a blob is what its manifest says, before anybody relies on it: unpacked file by file, kept nowhere, and left at the
// first byte too many.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { fail, type PluginManifest } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";

const damaged = (because: string, cause?: unknown) => fail("plugin.damaged", { because }, cause);

/** Takes the files' bytes as they come, in the manifest's order. */
const createFileCheck = ({ files }: PluginManifest) => {
  let at = 0;
  let left = files[0]?.bytes ?? 0;
  let hash = createHash("sha256");
  const endFile = (): void => {
    const file = files[at];
    if (hash.digest("hex") !== file?.sha256) throw damaged(`${file?.path} is another file`);
    at += 1;
    left = files[at]?.bytes ?? 0;
    hash = createHash("sha256");
  };
  return {
    take(piece: Uint8Array): void {
      for (let rest = piece; rest.length > 0; ) {
        while (at < files.length && left === 0) endFile();
        if (at >= files.length) throw damaged("there are more bytes than files");
        const part = rest.subarray(0, left);
        hash.update(part);
        left -= part.length;
        rest = rest.subarray(part.length);
      }
    },
    end(): void {
      while (at < files.length && left === 0) endFile();
      if (at < files.length) throw damaged(`${files[at]?.path} is cut short`);
    },
  };
};

/** Throws `plugin.damaged` unless the blob unpacks to exactly the manifest's files. */
export const checkBlob = async (
  bytes: AsyncIterable<Uint8Array>,
  manifest: PluginManifest,
): Promise<void> => {
  const check = createFileCheck(manifest);
  try {
    await pipeline(Readable.from(bytes), createGunzip(), async (unpacked) => {
      for await (const piece of unpacked) check.take(piece as Uint8Array);
    });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (isS4tError(error) || !code.startsWith("Z_")) throw error;
    throw damaged("it cannot be unpacked", error);
  }
  check.end();
};
