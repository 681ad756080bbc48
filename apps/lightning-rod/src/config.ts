// Settings of the agent as a program: few, all by argument, so that a unit file shows them.
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fail } from "@s4t/contract";
import { defaultAllowed } from "./access/allowed.ts";

/** As an enrolment: read it from standard input. */
export const FROM_INPUT = "-";

/** What the board's owner lets others reach through it. */
export interface AccessConfig {
  /** Endpoints, `HOST:PORT`. */
  readonly allow: readonly string[];
  /** User of the shell; null: the agent's own. */
  readonly shell: { readonly user: string | null } | "off";
  /** Folders; null: nobody said. */
  readonly files: readonly string[] | null;
}

/** Settings of `run`. */
export interface AgentConfig {
  /** Absolute: nothing depends on where the agent was started. */
  readonly data: string;
  /** {@link FROM_INPUT}: it comes as the first line of standard input, which no list of processes shows. */
  readonly enrol: string | null;
  readonly rebootCommand: readonly string[] | null;
  /** Where the cloud is now, if not where it was at enrolment. */
  readonly url: string | null;
  /** Whether the agent ends when its standard input does: for a program that keeps it, so that it leaves no orphan. */
  readonly endWithInput: boolean;
  readonly access: AccessConfig;
}

/** Where the agent keeps its state unless said. */
export const defaultFolder = (): string =>
  process.getuid?.() === 0
    ? "/var/lib/s4t-agent"
    : join(process.env.XDG_DATA_HOME ?? join(homedir(), ".local/share"), "s4t/agent");

const parseCommand = (text: string): readonly string[] => {
  try {
    const parts: unknown = JSON.parse(text);
    if (Array.isArray(parts) && parts.length > 0 && parts.every((part) => typeof part === "string"))
      return parts as string[];
  } catch {
    // said below, with an example
  }
  throw fail("config.invalid", {
    setting: "reboot-command",
    because: 'must be a JSON array such as ["/sbin/reboot"]',
  });
};

const parseUrl = (text: string | undefined): string | null => {
  if (text === undefined) return null;
  if (/^https?:\/\/[^/\s]+$/.test(text)) return text;
  throw fail("config.invalid", {
    setting: "url",
    because: "must be an address such as https://cloud.example:8812",
  });
};

const single = ["--data", "--enrol", "--reboot-command", "--url", "--shell-user", "--shell"];
const repeatable = ["--allow", "--files"];

const parseAccess = (
  given: ReadonlyMap<string, string>,
  many: ReadonlyMap<string, readonly string[]>,
): AccessConfig => {
  const shell = given.get("shell") ?? "on";
  if (shell !== "on" && shell !== "off")
    throw fail("config.invalid", { setting: "shell", because: "must be on or off" });
  return {
    allow: many.get("allow") ?? defaultAllowed,
    shell: shell === "off" ? "off" : { user: given.get("shell-user") ?? null },
    files: many.get("files") ?? null,
  };
};

/** Reads arguments. Throws `config.unknown` and `config.invalid`. */
export const readAgentConfig = (args: readonly string[]): AgentConfig => {
  const given = new Map<string, string>();
  const many = new Map<string, readonly string[]>();
  for (let i = 0; i < args.length; i += 1) {
    const [name = "", inline] = (args[i] ?? "").split(/=(.*)/s);
    if (name === "--end-with-input") {
      given.set("end-with-input", "");
      continue;
    }
    if (!single.includes(name) && !repeatable.includes(name))
      throw fail("config.unknown", { setting: args[i] ?? "" });
    const value = inline ?? args[++i];
    if (value === undefined)
      throw fail("config.invalid", { setting: name.slice(2), because: "needs a value" });
    const key = name.slice(2);
    if (repeatable.includes(name)) many.set(key, [...(many.get(key) ?? []), value]);
    else given.set(key, value);
  }
  const command = given.get("reboot-command");
  return {
    data: resolve(given.get("data") ?? defaultFolder()),
    enrol: given.get("enrol") ?? null,
    rebootCommand: command === undefined ? null : parseCommand(command),
    url: parseUrl(given.get("url")),
    endWithInput: given.has("end-with-input"),
    access: parseAccess(given, many),
  };
};
