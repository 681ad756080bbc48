// Handlers of the program that hear something and have nobody to answer. What one throws is its own affair: the others hear all the
// same, and so does whoever comes next in what the network brought.

/** Hears what a handler threw. */
export type ReportError = (error: unknown) => void;

/** As the platform tells of what nobody caught, without an end of the process: peers say what comes in, and must not end it. */
export const reportAnyError: ReportError = (error) => {
  const { process, reportError } = globalThis as {
    readonly process?: { emitWarning?(warning: unknown): void };
    readonly reportError?: ReportError;
  };
  if (process?.emitWarning)
    process.emitWarning(error instanceof Error ? error : `A handler threw ${String(error)}.`);
  else reportError?.(error);
};

/** Runs it. What it throws, or rejects with, is reported. */
export const runHandler = <T>(
  handler: (value: T) => unknown,
  value: T,
  report: ReportError,
): void => {
  try {
    const work = handler(value);
    if (work instanceof Promise) work.catch(report);
  } catch (error) {
    report(error);
  }
};
