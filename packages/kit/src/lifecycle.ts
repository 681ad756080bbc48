// Two words for every part that lives: start and stop. What a program is made of starts in order and stops in reverse.
import type { Log } from "./log.ts";

/** A part of a program. `start` resolves when the part is usable; `stop` when it holds nothing any more. */
export interface Part {
  readonly name: string;
  start?(): Promise<void> | void;
  stop?(): Promise<void> | void;
}

/** Parts that start in the order they were added and stop in reverse; what failed to start is stopped again. */
export interface Parts {
  add<P extends Part>(part: P): P;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export const createParts = (log: Log): Parts => {
  const parts: Part[] = [];
  const running: Part[] = [];
  const stop = async (): Promise<void> => {
    for (let part = running.pop(); part; part = running.pop()) {
      try {
        await part.stop?.();
      } catch (error) {
        // The others must still stop: this is the one place that may log and go on.
        log.error("A part did not stop cleanly", { part: part.name, error });
      }
    }
  };
  return {
    add(part) {
      parts.push(part);
      return part;
    },
    async start() {
      try {
        for (const part of parts) {
          running.push(part);
          await part.start?.();
        }
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
  };
};
