// pino behind the house's Log: JSON lines on standard error, secrets redacted wherever a fact carries one.
import type { Log, LogLevel } from "@s4t/kit";
import { type DestinationStream, type Logger, pino } from "pino";

/**
 * Facts of these names are never printed, down to three levels. `code` is none of them: it is what an error is called by, ours
 * (`board.offline`) and the system's (`ENOSPC`). What enrols or signs in by a code is logged by a name of this list, or not.
 */
const secretNames = [
  "password",
  "token",
  "secret",
  "enrolmentCode",
  "signInCode",
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

/** The cloud's log, on standard error unless said. */
export const createCloudLog = (
  level: LogLevel,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Log =>
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
      destination,
    ),
  );
