// Kills a process that stores measured values, at a random moment, and says what it had acknowledged.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./ingest-writer.ts", import.meta.url));

/** Answers the last acknowledged append of each board. `lifeMs`: how long it lives after its first. */
export const killIngesting = (
  nowMs: number,
  place: string,
  lifeMs: number,
): Promise<ReadonlyMap<string, number>> =>
  new Promise((resolve, reject) => {
    const node = ["--conditions=source", "--disable-warning=ExperimentalWarning"];
    const child = spawn(process.execPath, [...node, program, String(nowMs), place], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    let isDoomed = false;
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      if (isDoomed) return;
      isDoomed = true;
      setTimeout(() => child.kill("SIGKILL"), lifeMs);
    });
    child.on("error", reject);
    // After the pipe is drained: lines written before the kill still count.
    child.on("close", (code, signal) => {
      if (signal !== "SIGKILL") return reject(new TypeError(`it ended by itself: ${code}`));
      const last = new Map<string, number>();
      const whole = text.slice(0, text.lastIndexOf("\n") + 1);
      for (const [, board = "", i] of whole.matchAll(/^ack (\S+) (\d+)$/gm))
        last.set(board, Number(i));
      resolve(last);
    });
  });
