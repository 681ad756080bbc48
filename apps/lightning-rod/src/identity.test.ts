import { describe, expect, it } from "vitest";
import { openKey, readIdentity, setDamagedIdentityAside, writeIdentity } from "./identity.ts";
import { openMemory } from "./storage.ts";

const enrolled = () => {
  const storage = openMemory();
  const key = openKey(storage);
  writeIdentity(storage, { url: "http://127.0.0.1:1", board: "b", name: "n", ca: null });
  return { storage, key };
};

describe("who the board is", () => {
  it("stays the same from start to start", () => {
    const { storage, key } = enrolled();
    expect(setDamagedIdentityAside(storage)).toBeUndefined();
    expect(openKey(storage)).toEqual(key);
    expect(readIdentity(storage)?.name).toBe("n");
  });
  it.each(["board.key", "identity.json"])(
    "is set aside when %s is damaged: not enrolled, with the old files kept beside",
    (name) => {
      for (const damaged of ["", "{", "null", "\u0000\u0000", "-----BEGIN PRIVATE KEY-----"]) {
        const { storage, key } = enrolled();
        storage.write(name, damaged);
        expect(setDamagedIdentityAside(storage)).toBe(name);
        expect(readIdentity(storage)).toBeUndefined();
        expect(storage.read(`${name}.damaged`)).toBe(damaged);
        expect(openKey(storage).publicKey).not.toBe(key.publicKey);
        expect(setDamagedIdentityAside(storage)).toBeUndefined();
      }
    },
  );
});
