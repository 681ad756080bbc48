import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openIdentities } from "./identities.ts";

const folder = mkdtempSync(join(tmpdir(), "s4t-identities-"));
const file = join(folder, "boards.jsonl");
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("identities of simulated boards", () => {
  it("survive, each board's apart, while buffers stay in memory", () => {
    const first = openIdentities(folder, ["a", "b"]);
    first.storageOf("a").write("identity.json", "A");
    first.storageOf("a").append("reports.journal", "line\n", true);
    first.close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const second = openIdentities(folder, ["a", "b"]);
    expect([second.has("a"), second.has("b")]).toEqual([true, false]);
    expect(second.storageOf("a").read("identity.json")).toBe("A");
    expect(second.storageOf("a").read("reports.journal")).toBeUndefined();
    expect(second.storageOf("b").read("identity.json")).toBeUndefined();
    second.storageOf("a").remove("identity.json");
    second.close();
    expect(openIdentities(folder, ["a"]).has("a")).toBe(false);
  });
  it("of boards that are not played any more are forgotten", () => {
    const first = openIdentities(folder, ["a", "b"]);
    first.storageOf("b").write("board.key", "secret of b");
    first.close();
    openIdentities(folder, ["a"]).close();
    expect(readFileSync(file, "utf8")).not.toContain("secret of b");
  });
  it("leave out a line that a crash tore, and nothing else", () => {
    const first = openIdentities(folder, ["a", "b"]);
    first.storageOf("a").write("identity.json", "A");
    first.close();
    appendFileSync(file, '["b","identity.js');
    const second = openIdentities(folder, ["a", "b"]);
    expect([second.has("a"), second.has("b")]).toEqual([true, false]);
    second.close();
  });
});
