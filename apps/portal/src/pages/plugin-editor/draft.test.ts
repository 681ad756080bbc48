import { describe, expect, it } from "vitest";
import { newDraft, packOf, readSchema, withKind } from "./draft.ts";

describe("a plugin that is being written", () => {
  it("takes the template of another kind while nobody has touched its own", () => {
    const python = withKind(newDraft(), "python", "async");
    expect(python).toMatchObject({ runtime: "python", mode: "async", entry: "main.py" });
    expect(python.files.map(({ path }) => path)).toEqual(["main.py"]);
    expect(python.files[0]?.text).toContain("def main");
  });
  it("keeps what somebody wrote when its kind changes", () => {
    const begun = newDraft();
    const written = { ...begun, files: [{ path: "main.mjs", text: "export default () => 1;" }] };
    const other = withKind(written, "node", "async");
    expect(other.files).toEqual(written.files);
    expect(other.mode).toBe("async");
  });
  it("is packed with its schema, and with files that cannot be shown", () => {
    const icon = { path: "icon.png", bytes: new Uint8Array([1, 2]) };
    const { files, words } = packOf({ ...newDraft(), name: "hello" }, [icon]);
    expect(files.map(({ path }) => path)).toEqual(["main.mjs", "icon.png"]);
    expect(words).toMatchObject({ name: "hello", parameters: { type: "object" } });
  });
});

describe("a schema as it is typed", () => {
  it.each([
    ["", null, null],
    ["{", null, "not-json"],
    ['{"type": "object"}', { type: "object" }, null],
    ['{"type": "string"}', null, "parameters must be of type object"],
    ['{"type": "object", "pattern": "x"}', null, "parameters uses the word pattern"],
  ])("%j", (text, schema, fault) => {
    expect(readSchema(text)).toEqual({ schema, fault });
  });
});
