// Every setting of the cloud, once. Values come from arguments, the environment, DIR/config.json and the defaults, in that
// order; a name that is not here is refused wherever it comes from.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fail, type Setting as ShownSetting } from "@s4t/contract";
import { auditSettings } from "./config/audit.ts";
import { boardSettings } from "./config/boards.ts";
import { databaseSettings } from "./config/database.ts";
import { gatewaySettings } from "./config/gateway.ts";
import { identitySettings } from "./config/identity.ts";
import { iotronicSettings } from "./config/iotronic.ts";
import { legacySettings } from "./config/legacy.ts";
import { logSettings } from "./config/log.ts";
import { mailSettings } from "./config/mail.ts";
import { observationSettings } from "./config/observations.ts";
import { pluginSettings } from "./config/plugins.ts";
import { serverSettings } from "./config/server.ts";
import { BadSetting, type Setting, type SettingValue } from "./config/setting.ts";
import { traceSettings } from "./config/traces.ts";

/** The table. */
export const settings = {
  ...serverSettings,
  ...logSettings,
  ...boardSettings,
  ...databaseSettings,
  ...observationSettings,
  ...gatewaySettings,
  ...pluginSettings,
  ...auditSettings,
  ...identitySettings,
  ...mailSettings,
  ...traceSettings,
  ...iotronicSettings,
  ...legacySettings,
} as const;

type Settings = typeof settings;
export type SettingName = keyof Settings;
type ValueOf<S> = S extends Setting<infer Value> ? Value : never;

/** The values in force, by name. */
export type Config = { readonly [Name in SettingName]: ValueOf<Settings[Name]> };

/** `database.sqlite.thread` → `S4T_DATABASE_SQLITE_THREAD`. */
export const variableOf = (name: string): string =>
  `S4T_${name.toUpperCase().replaceAll(/[.-]/g, "_")}`;

/** As the settings' page prints a value. */
export const printValue = (value: SettingValue): string =>
  value === null ? "none" : String(value);

const isSetting = (name: string): name is SettingName => Object.hasOwn(settings, name);

const parse = (name: SettingName, text: string): SettingValue => {
  try {
    return settings[name].parse(text);
  } catch (error) {
    if (error instanceof BadSetting)
      throw fail("config.invalid", { setting: name, because: error.because });
    throw error;
  }
};

/** `--port 8812 --listen=10.0.0.1` → name and text. */
const readArguments = (args: readonly string[]): Map<SettingName, string> => {
  const found = new Map<SettingName, string>();
  for (let i = 0; i < args.length; i += 1) {
    const [flagName = "", inline] = (args[i] ?? "").split(/=(.*)/s);
    const name = flagName.startsWith("--") ? flagName.slice(2) : "";
    if (!isSetting(name)) throw fail("config.unknown", { setting: args[i] ?? "" });
    const value = inline ?? args[++i];
    if (!value) throw fail("config.invalid", { setting: name, because: "needs a value" });
    found.set(name, value);
  }
  return found;
};

const readEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
): Map<SettingName, string> => {
  const found = new Map<SettingName, string>();
  for (const name of Object.keys(settings) as SettingName[]) {
    const value = env[variableOf(name)];
    if (value !== undefined && value !== "") found.set(name, value);
  }
  return found;
};

const readFile = (folder: string): Map<SettingName, string> => {
  let text: string;
  try {
    text = readFileSync(join(folder, "config.json"), "utf8");
  } catch {
    return new Map(); // no file, or a folder that does not exist yet: the data folder's own check speaks of that
  }
  let members: unknown;
  try {
    members = JSON.parse(text);
  } catch (cause) {
    throw fail(
      "config.invalid",
      { setting: join(folder, "config.json"), because: "it is not JSON" },
      cause,
    );
  }
  if (typeof members !== "object" || members === null || Array.isArray(members))
    throw fail("config.invalid", {
      setting: join(folder, "config.json"),
      because: "must be an object of settings",
    });
  const found = new Map<SettingName, string>();
  for (const [name, value] of Object.entries(members)) {
    if (!isSetting(name)) throw fail("config.unknown", { setting: name });
    found.set(name, String(value));
  }
  return found;
};

/** Settings in force, with where each came from. */
export interface Configuration {
  readonly config: Config;
  readonly explain: () => readonly ShownSetting[];
}

/** What `--help` prints: every setting as a flag. */
export const settingsHelp = (): string =>
  [
    "Usage: npm start -- [--data DIR] [--port N] [--listen ADDRESS] [--demo N] …",
    ...Object.entries(settings).map(
      ([name, { sentence, fallback }]: [string, Setting]) =>
        `  --${name.padEnd(34)} ${sentence} [${printValue(fallback)}]`,
    ),
    "",
  ].join("\n");

/** Reads the configuration. Throws `config.unknown` and `config.invalid`, naming the setting. */
export const readConfig = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Configuration => {
  const fromArguments = readArguments(args);
  const fromEnvironment = readEnvironment(env);
  const folder =
    fromArguments.get("data") ?? fromEnvironment.get("data") ?? settings.data.fallback ?? ".";
  const sources = [
    ["argument", fromArguments],
    ["environment", fromEnvironment],
    ["file", readFile(folder)],
  ] as const;
  const shown = (Object.keys(settings) as SettingName[]).map((name) => {
    const source = sources.find(([, values]) => values.has(name));
    const setting: Setting = settings[name];
    return {
      name,
      value: source ? parse(name, source[1].get(name) ?? "") : setting.fallback,
      from: source?.[0] ?? ("default" as const),
      secret: setting.secret,
      sentence: setting.sentence,
    };
  });
  return {
    config: Object.fromEntries(shown.map(({ name, value }) => [name, value])) as unknown as Config,
    explain: () =>
      shown.map((row) => (row.secret ? { ...row, value: row.value === null ? null : "set" } : row)),
  };
};
