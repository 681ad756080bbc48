import { createPublicKey, verify } from "node:crypto";
import { signedVersionText } from "@s4t/contract";
import {
  createOwnerKey,
  type PackOptions,
  type PluginFile,
  packPlugin,
  signVersion,
  unpackPlugin,
  verifyVersion,
} from "@s4t/sdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const options = (entry: string): PackOptions => ({
  name: "hello",
  runtime: "node",
  mode: "sync",
  entry,
});
const component = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}$/);
const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
/** Files of which none is another's folder. */
const someFiles = fc
  .uniqueArray(fc.record({ path, bytes: fc.uint8Array({ maxLength: 5_000 }) }), {
    selector: (file) => file.path,
    minLength: 1,
    maxLength: 12,
  })
  .map((files): PluginFile[] =>
    files.filter(({ path: own }) => !files.some(({ path: other }) => own.startsWith(`${other}/`))),
  );
const entryOf = (files: readonly PluginFile[]) => options(files[0]?.path ?? "");

describe("a packed plugin", () => {
  it("gives the same files back, whatever they are named and however large", async () => {
    await fc.assert(
      fc.asyncProperty(someFiles, async (files) => {
        const { manifest, blob } = await packPlugin(files, entryOf(files));
        const back = await unpackPlugin(manifest, blob);
        const byPath = (list: readonly PluginFile[]) =>
          Object.fromEntries(
            list.map((file) => [file.path, Buffer.from(file.bytes).toString("hex")]),
          );
        expect(byPath(back)).toEqual(byPath(files));
      }),
      { numRuns: 60 },
    );
  });
  it("is the same version whatever the order of its files", async () => {
    await fc.assert(
      fc.asyncProperty(someFiles, async (files) => {
        const one = await packPlugin(files, entryOf(files));
        const other = await packPlugin([...files].reverse(), entryOf(files));
        expect(other.version).toBe(one.version);
      }),
      { numRuns: 20 },
    );
  });
  it("with one byte changed is refused, wherever that byte is", async () => {
    await fc.assert(
      fc.asyncProperty(
        someFiles,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (files, at, by) => {
          const { manifest, blob } = await packPlugin(files, entryOf(files));
          const altered = blob.slice();
          const i = at % altered.length;
          altered[i] = (altered[i] ?? 0) ^ by;
          await expect(unpackPlugin(manifest, altered)).rejects.toMatchObject({
            code: "plugin.damaged",
          });
        },
      ),
      { numRuns: 60 },
    );
  });
  it("that unpacks to more than its manifest says is stopped there", async () => {
    const bomb = await packPlugin(
      [{ path: "a.mjs", bytes: new Uint8Array(20_000_000) }],
      options("a.mjs"),
    );
    const small = await packPlugin([{ path: "a.mjs", bytes: new Uint8Array(1) }], options("a.mjs"));
    const lying = { ...small.manifest, blob: bomb.manifest.blob };
    await expect(unpackPlugin(lying, bomb.blob)).rejects.toThrow(/larger than it says/);
  });
  it.each(["../a.mjs", "/etc/a.mjs", ".hidden.mjs", "a//b.mjs", "a/./b.mjs", "a\\b.mjs", ""])(
    "cannot have a file %j",
    async (bad) => {
      const files = [{ path: bad, bytes: new Uint8Array(1) }];
      await expect(packPlugin(files, options(bad))).rejects.toMatchObject({
        code: "plugin.manifest-invalid",
      });
    },
  );
});

describe("a signature of a version", () => {
  const version = "ab".repeat(32);
  it("is good for that version and that key alone", async () => {
    const [key, other] = [await createOwnerKey(), await createOwnerKey()];
    const signed = await signVersion(version, key);
    expect(await verifyVersion(version, signed)).toBe(true);
    expect(await verifyVersion("cd".repeat(32), signed)).toBe(false);
    expect(await verifyVersion(version, { ...signed, key: other.publicKey })).toBe(false);
    expect(await verifyVersion(version, { ...signed, key: "00".repeat(32) })).toBe(false);
  });
  it("is Ed25519 as everybody else checks it", async () => {
    const key = await createOwnerKey();
    const { signature } = await signVersion(version, key);
    const x = Buffer.from(key.publicKey, "hex").toString("base64url");
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    const text = Buffer.from(signedVersionText(version));
    expect(verify(null, text, publicKey, Buffer.from(signature, "hex"))).toBe(true);
  });
});
