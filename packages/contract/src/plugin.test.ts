import { isS4tError } from "@s4t/kit";
import { describe, expect, it } from "vitest";
import { check } from "./check.ts";
import { requireSoundManifest } from "./manifest.ts";
import { parameterSchemaFault, resolveParameters } from "./parameters.ts";
import {
  defaultPluginLimits,
  defaultPluginNeeds,
  type PluginManifest,
  PluginManifest as Schema,
} from "./plugin.ts";

const sha256 = "a".repeat(64);
const manifestOf = (paths: readonly string[], entry = paths[0] ?? ""): PluginManifest => ({
  format: 1,
  name: "hello",
  runtime: "python",
  entry,
  mode: "sync",
  parameters: null,
  limits: defaultPluginLimits,
  needs: defaultPluginNeeds,
  isolated: false,
  files: paths.map((path) => ({ path, bytes: 1, sha256 })),
  blob: { sha256, bytes: 30 },
});
const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return isS4tError(error) ? error.code : "other";
  }
};

describe("a manifest", () => {
  it("names files within its own folder and nothing else", () => {
    expect(codeOf(() => check(Schema, manifestOf(["hello.py", "lib/more.py"])))).toBeUndefined();
    for (const path of [
      "../evil.py",
      "/etc/passwd",
      "a/../b.py",
      "a//b.py",
      "./a.py",
      "a/",
      ".hidden",
      "a\\b.py",
      "a\0b",
      "",
      "x".repeat(201),
    ])
      expect([path, codeOf(() => check(Schema, manifestOf([path])))]).toEqual([
        path,
        "request.invalid",
      ]);
  });

  it("names each file once, none as a folder too, and its entry", () => {
    expect(codeOf(() => requireSoundManifest(manifestOf(["a.py", "b/c.py"])))).toBeUndefined();
    for (const manifest of [
      manifestOf(["a.py", "a.py"]),
      manifestOf(["a", "a/b.py"]),
      manifestOf(["a.py"], "b.py"),
    ])
      expect(codeOf(() => requireSoundManifest(manifest))).toBe("plugin.manifest-invalid");
  });

  it("is not larger in all than a version may be", () => {
    const one = manifestOf(["a.py", "b.py"]);
    const files = one.files.map((file) => ({ ...file, bytes: 40_000_000 }));
    expect(codeOf(() => requireSoundManifest({ ...one, files }))).toBe("plugin.manifest-invalid");
  });
});

describe("parameters", () => {
  const schema = {
    type: "object",
    properties: {
      name: { type: "string", default: "you" },
      times: { type: "integer", maximum: 3 },
    },
    required: ["times"],
    additionalProperties: false,
  };

  it("are defaults, over them the board's, over them the caller's", () => {
    expect(resolveParameters(schema, { times: 1 }, { times: 2 })).toEqual({
      name: "you",
      times: 2,
    });
    expect(resolveParameters(null, { anything: [1] })).toEqual({ anything: [1] });
  });

  it("that do not fit are refused with where and why", () => {
    for (const given of [{}, { times: 4 }, { times: 1, other: 1 }, { times: 1, name: 7 }])
      expect(codeOf(() => resolveParameters(schema, given))).toBe("plugin.parameters-invalid");
  });

  it("are described without words that a stranger could hang a reader with", () => {
    expect(parameterSchemaFault(schema)).toBeUndefined();
    for (const bad of [
      null,
      { type: "string" },
      { type: "object", properties: { a: { type: "string", pattern: "(a+)+$" } } },
      { type: "object", $ref: "#" },
      { type: "object", properties: { a: { enum: [] } } },
      { type: "object", properties: { a: { minimum: "1" } } },
      JSON.parse(`{"type":"object","items":${'{"items":'.repeat(9)}{}${"}".repeat(9)}}`),
    ])
      expect(parameterSchemaFault(bad), JSON.stringify(bad)).toBeDefined();
  });
});
