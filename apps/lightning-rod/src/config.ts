// Settings of the agent as a program: few, all by argument, so that a unit file shows them.
import { homedir } from "node:os";
import { join } from "node:path";
import { fail } from "@s4t/contract";

/** As an enrolment: read it from standard input. */
export const FROM_INPUT = "-";

/** Settings of `run`. */
export interface AgentConfig {
  readonly data: string;
  /** {@link FROM_INPUT}: it comes as the first line of standard input, which no list of processes shows. */
  readonly enrol: string | null;
  readonly rebootCommand: readonly string[] | null;
  /** Where the cloud is now, if not where it was at enrolment. */
  readonly url: string | null;
  /** Whether the agent ends when its standard input does: for a program that keeps it, so that it leaves no orphan. */
  readonly endWithInput: boolean;
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

/** Reads arguments. Throws `config.unknown` and `config.invalid`. */
export const readAgentConfig = (args: readonly string[]): AgentConfig => {
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i += 1) {
    const [name = "", inline] = (args[i] ?? "").split(/=(.*)/s);
    if (name === "--end-with-input") {
      given.set("end-with-input", "");
      continue;
    }
    if (!["--data", "--enrol", "--reboot-command", "--url"].includes(name))
      throw fail("config.unknown", { setting: args[i] ?? "" });
    const value = inline ?? args[++i];
    if (value === undefined)
      throw fail("config.invalid", { setting: name.slice(2), because: "needs a value" });
    given.set(name.slice(2), value);
  }
  const command = given.get("reboot-command");
  return {
    data: given.get("data") ?? defaultFolder(),
    enrol: given.get("enrol") ?? null,
    rebootCommand: command === undefined ? null : parseCommand(command),
    url: parseUrl(given.get("url")),
    endWithInput: given.has("end-with-input"),
  };
};
