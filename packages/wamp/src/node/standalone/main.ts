// The router as a program: `wamp-router [--port N] [--realm R] [--listen ADDRESS] [--metrics N] [--config FILE]`.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createLog, isS4tError, type Log, systemClock } from "@s4t/kit";
import { DEFAULT_PORT, openRealm, type RouterConfig, readRouterConfig } from "./config.ts";
import { badSetting } from "./fields.ts";
import { isLoopback } from "./loopback.ts";
import { serveRouter } from "./serve.ts";

/** sysexits: EX_CONFIG. */
const CONFIG_EXIT_CODE = 78;
/** What a listener has that nobody has told otherwise. */
const listenerOf = (kind: "webSocket" | "metrics", host: string, port: number) =>
  readRouterConfig({
    realms: [{ name: "r", join: [{ method: "anonymous", role: "r" }] }],
    listen: [{ kind, host, port }],
  }).listen;

const portOf = (flag: string, text: string): number => {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw badSetting(`--${flag}`, "must be a port");
  return port;
};

const readFlags = (args: readonly string[]) => {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { port: text, realm: text, listen: text, metrics: text, config: text },
    }).values;
  } catch (cause) {
    throw badSetting("flags", (cause as Error).message.replace(/\.$/, ""));
  }
};

const readFile = (file: string): unknown => {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unreadable";
    throw badSetting("--config", `${file} cannot be read (${code})`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badSetting("--config", `${file} is no JSON: ${(cause as Error).message}`);
  }
};

const configOf = (args: readonly string[], log: Log): RouterConfig => {
  const flags = readFlags(args);
  const file = flags.config === undefined ? undefined : readRouterConfig(readFile(flags.config));
  const host = flags.listen ?? "127.0.0.1";
  if (!file && !isLoopback(host))
    throw badSetting(
      "--listen",
      "beyond loopback needs a --config: without one everybody may do everything",
    );
  if (file && flags.realm !== undefined)
    throw badSetting("--realm", "stands in the place of a --config, which names realms of its own");
  const isTold = flags.port !== undefined || flags.listen !== undefined;
  const asked = isTold || !file?.listen.some(({ kind }) => kind !== "metrics");
  const port = portOf("port", flags.port ?? String(DEFAULT_PORT));
  const listen = [
    ...(file?.listen ?? []),
    ...(asked ? listenerOf("webSocket", host, port) : []),
    ...(flags.metrics === undefined
      ? []
      : listenerOf("metrics", "127.0.0.1", portOf("metrics", flags.metrics))),
  ];
  for (const { kind, at, tls } of listen)
    if (kind !== "metrics" && "host" in at && !isLoopback(at.host) && !tls)
      log.warn("Everything that is said here can be read on its way: there is no TLS", { ...at });
  return { realms: file?.realms ?? [openRealm(flags.realm ?? "realm1")], listen };
};

const log = createLog(({ level, sentence, facts }) => {
  process.stderr.write(
    `${JSON.stringify({ time: new Date().toISOString(), level, msg: sentence, ...facts })}\n`,
  );
});

try {
  const config = configOf(process.argv.slice(2), log);
  const served = await serveRouter(config, { clock: systemClock, log });
  for (const { kind, url } of served.listeners) process.stdout.write(`${kind} ${url}\n`);
  let isEnding = false;
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(signal, () => {
      if (isEnding) return;
      isEnding = true;
      void served.close().then(() => process.exit(0));
    });
} catch (error) {
  if (!isS4tError(error)) throw error;
  process.stderr.write(`${error.message} (${error.code})\n`);
  process.exitCode = CONFIG_EXIT_CODE;
}
