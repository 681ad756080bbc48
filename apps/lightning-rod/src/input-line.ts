// The first line of standard input: for what must not stand in a list of processes.
import { fail } from "@s4t/contract";

/** Longest line that is taken: an enrolment string is a tenth of it. */
export const MAX_INPUT_LINE_BYTES = 4_096;

/** Reads it; what comes after it is left unread. Throws `agent.enrolment-string` where there is none. */
export const readInputLine = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const { stdin } = process;
    let got = "";
    const stop = (): void => {
      stdin.off("data", onData).off("end", onEnd).off("error", onEnd).pause();
    };
    const onEnd = (): void => {
      stop();
      reject(fail("agent.enrolment-string", { because: "standard input ended without a line" }));
    };
    const onData = (piece: Buffer): void => {
      got += piece.toString("utf8");
      const end = got.indexOf("\n");
      if (end < 0 && got.length <= MAX_INPUT_LINE_BYTES) return;
      stop();
      if (end < 0) reject(fail("agent.enrolment-string", { because: "the line is too long" }));
      else resolve(got.slice(0, end).trim());
    };
    stdin.on("data", onData).on("end", onEnd).on("error", onEnd);
  });
