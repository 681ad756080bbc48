import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { testFolder as folder } from "../test/folder.ts";
import { readConfig, settings, variableOf } from "./config.ts";

const coded = (code: string) => expect.objectContaining({ code });

describe("readConfig", () => {
  it("prefers arguments to the environment, that to the file, that to the default, and says which it was", () => {
    const data = folder();
    writeFileSync(
      join(data, "config.json"),
      JSON.stringify({ port: 1, name: "file", "log.level": "warn" }),
    );
    const { config, explain } = readConfig(["--data", data, "--port=3"], {
      S4T_PORT: "2",
      S4T_NAME: "environment",
    });
    expect(config).toMatchObject({ port: 3, name: "environment", "log.level": "warn", demo: 0 });
    expect(Object.fromEntries(explain().map(({ name, from }) => [name, from]))).toMatchObject({
      port: "argument",
      name: "environment",
      "log.level": "file",
      demo: "default",
    });
  });
  it("refuses what is not a setting, wherever it stands", () => {
    expect(() => readConfig(["--prot", "1"], {})).toThrowError(coded("config.unknown"));
    expect(() => readConfig(["8812"], {})).toThrowError(coded("config.unknown"));
    const data = folder();
    writeFileSync(join(data, "config.json"), '{"toString":1}');
    expect(() => readConfig(["--data", data], {})).toThrowError(coded("config.unknown"));
  });
  it("refuses values of another kind, naming the setting", () => {
    for (const args of [["--port", "x"], ["--port", "70000"], ["--port"], ["--log.level", "loud"]])
      expect(() => readConfig(args, {})).toThrowError(coded("config.invalid"));
    const data = folder();
    writeFileSync(join(data, "config.json"), "{");
    expect(() => readConfig(["--data", data], {})).toThrowError(coded("config.invalid"));
  });
  it("never shows a secret", () => {
    const { explain } = readConfig([], { S4T_DATABASE_POSTGRES_URL: "postgres://u:hunter2@h/d" });
    expect(JSON.stringify(explain())).not.toContain("hunter2");
  });
  it("derives an environment name of its own for every setting", () => {
    const names = Object.keys(settings).map(variableOf);
    expect(new Set(names).size).toBe(names.length);
    expect(variableOf("audit.witness")).toBe("S4T_AUDIT_WITNESS");
  });
});
