// pino behind the house's Log: JSON lines on standard error, secrets redacted wherever a fact carries one.
import type { Log, LogLevel } from "@s4t/kit";
import { type Logger, pino } from "pino";

/** Facts of these names are never printed, however deep. */
const secretNames = [
  "password",
  "token",
  "secret",
  "code",
  "ticket",
  "enrolment",
  "authorization",
  "cookie",
];

const wrap = (logger: Logger): Log => {
  const at =
    (level: LogLevel) =>
    (sentence: string, facts?: Readonly<Record<string, unknown>>): void => {
      if (!logger.isLevelEnabled(level)) return;
      const { error, ...rest } = facts ?? {};
      logger[level](error === undefined ? rest : { ...rest, err: error }, sentence);
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (facts) => wrap(logger.child(facts)),
  };
};

/** The cloud's log. */
export const createCloudLog = (level: LogLevel): Log =>
  wrap(
    pino(
      {
        level,
        base: null,
        timestamp: () => `,"time":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
        redact: {
          paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
          censor: "…",
        },
      },
      pino.destination({ fd: 2, sync: true }),
    ),
  );
