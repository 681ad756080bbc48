// Logging as a dependency. The cloud fills it with pino, the agent with a few lines of its own, tests with an array.

export type LogLevel = "debug" | "info" | "warn" | "error";
export const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** One method a level: a sentence, then facts. Secrets are never facts. */
export interface Log {
  debug(sentence: string, facts?: Readonly<Record<string, unknown>>): void;
  info(sentence: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(sentence: string, facts?: Readonly<Record<string, unknown>>): void;
  error(sentence: string, facts?: Readonly<Record<string, unknown>>): void;
  /** A log whose every line carries `facts` too. */
  with(facts: Readonly<Record<string, unknown>>): Log;
}

/** One line that a {@link Log} hands on. */
export interface LogLine {
  readonly level: LogLevel;
  readonly sentence: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A {@link Log} over one function; lines below `level` are not made at all. */
export const createLog = (
  write: (line: LogLine) => void,
  level: LogLevel = "info",
  facts: Readonly<Record<string, unknown>> = {},
): Log => {
  const floor = logLevels.indexOf(level);
  const at =
    (name: LogLevel, rank: number) =>
    (sentence: string, more?: Readonly<Record<string, unknown>>): void => {
      if (rank >= floor)
        write({ level: name, sentence, facts: more ? { ...facts, ...more } : facts });
    };
  return {
    debug: at("debug", 0),
    info: at("info", 1),
    warn: at("warn", 2),
    error: at("error", 3),
    with: (more) => createLog(write, level, { ...facts, ...more }),
  };
};

/** A log that says nothing. */
export const silentLog: Log = createLog(() => {});

/** A {@link Log} whose every line carries also what `facts` says when the line is written. */
export const withPresent = (
  log: Log,
  facts: () => Readonly<Record<string, unknown>> | undefined,
): Log => {
  const at =
    (level: LogLevel) =>
    (sentence: string, more?: Readonly<Record<string, unknown>>): void => {
      const present = facts();
      log[level](sentence, present ? { ...present, ...more } : more);
    };
  return {
    ...{ debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    with: (more) => withPresent(log.with(more), facts),
  };
};
