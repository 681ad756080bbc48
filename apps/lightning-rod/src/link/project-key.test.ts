import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { signedKeyText } from "@s4t/contract";
import { describe, expect, it } from "vitest";
import { openRefusing } from "../../test/machine.ts";
import { openMemory } from "../storage.ts";
import { openProjectKeys } from "./project-key.ts";

interface Pair {
  readonly hex: string;
  readonly privateKey: KeyObject;
}
const make = (): Pair => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  return { hex: Buffer.from(x, "base64url").toString("hex"), privateKey };
};
const [first, second, third, stranger] = [make(), make(), make(), make()];
const link = (before: Pair | null, { hex }: Pair, sealed = false, said = sealed) => ({
  key: hex,
  signature: before
    ? sign(null, Buffer.from(signedKeyText(hex, sealed)), before.privateKey).toString("hex")
    : null,
  sealed: said,
});
const refusal = expect.objectContaining({ code: "target.entry-failed" });

describe("the project's key on a board", () => {
  it("is pinned at first sight, kept over a restart, and followed where each signed the next", () => {
    const storage = openMemory();
    expect(openProjectKeys(storage).follow({ keys: [link(null, first)] })).toBe(true);
    const keys = openProjectKeys(storage);
    expect(keys.follow({ keys: [link(null, first)] })).toBe(false);
    const succession = [link(null, first), link(first, second), link(second, third, true)];
    expect(keys.follow({ keys: succession })).toBe(true);
    expect(openProjectKeys(storage).present()).toEqual({ key: third.hex, sealed: true });
  });
  it.each([
    ["another key alone", [link(null, stranger)]],
    ["a successor that somebody else signed", [link(null, first), link(stranger, second)]],
    ["a successor that nobody signed", [link(null, first), link(null, second)]],
    ["a gap in the middle", [link(null, first), link(second, third)]],
    [
      "a key that was signed as managed, called sealed",
      [link(null, first), link(first, second, false, true)],
    ],
    ["an earlier list that ends before it", [link(null, stranger), link(stranger, second)]],
  ])("is not given up for %s", (_, keys) => {
    const storage = openMemory();
    openProjectKeys(storage).follow({ keys: [link(null, first)] });
    expect(() => openProjectKeys(storage).follow({ keys })).toThrowError(refusal);
    expect(openProjectKeys(storage).present()).toEqual({ key: first.hex, sealed: false });
  });
  it("stays sealed, even where a former key's holder says otherwise", () => {
    const keys = openProjectKeys(openMemory());
    keys.follow({ keys: [link(null, first), link(first, second, true)] });
    expect(() => keys.follow({ keys: [link(null, first), link(first, stranger)] })).toThrowError(
      refusal,
    );
    expect(() =>
      keys.follow({ keys: [link(null, second), link(second, third, false)] }),
    ).toThrowError(refusal);
    expect(keys.present()).toEqual({ key: second.hex, sealed: true });
  });
  it.each(["", "{", "{}", '{"key":1}'])(
    "that is damaged on disk (%j) trusts nobody, instead of anybody",
    (text) => {
      const storage = openMemory();
      storage.write("project-key.json", text);
      const keys = openProjectKeys(storage);
      expect(keys.present()).toBeUndefined();
      expect(() => keys.follow({ keys: [link(null, stranger)] })).toThrowError(refusal);
    },
  );
  it("is not changed where the disk does not take it", () => {
    const disk = openRefusing();
    const keys = openProjectKeys(disk);
    keys.follow({ keys: [link(null, first)] });
    disk.refuses = true;
    expect(() => keys.follow({ keys: [link(null, first), link(first, second)] })).toThrowError();
    expect(keys.present()).toEqual({ key: first.hex, sealed: false });
  });
});
