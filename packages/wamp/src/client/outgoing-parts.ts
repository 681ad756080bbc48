// The caller's side of arguments in parts (WAMP: Progressive Call Invocations): asks for the next part when there is room for it.
import { type Clock, sleep } from "@s4t/kit";
import type { Payload } from "../messages/message.ts";
import { MAX_UNSENT_BYTES, type MoreArguments } from "./client-session.ts";

/** How soon it is looked again whether there is room. */
const LOOK_AGAIN_MS = 5;
/** Parts that are sent before others in this process have their turn. */
const PARTS_A_TURN = 64;

/** What {@link sendParts} leans on. */
export interface OutgoingPartsDependencies {
  readonly clock: Clock;
  waitingBytes(): number;
  send(part: Payload, isLast: boolean): void;
  /** Whoever makes the parts threw. */
  fail(error: unknown): void;
}

/** Parts on their way. */
export interface OutgoingParts {
  /** Sends no more of them, and lets their maker clean up. */
  stop(): void;
}

/** Sends what `more` yields as parts, and what it returns as the last one. */
export const sendParts = (more: MoreArguments, deps: OutgoingPartsDependencies): OutgoingParts => {
  const iterator =
    Symbol.asyncIterator in more ? more[Symbol.asyncIterator]() : more[Symbol.iterator]();
  let isStopped = false;
  const pump = async (): Promise<void> => {
    for (let sent = 1; ; sent += 1) {
      if (sent % PARTS_A_TURN === 0) await sleep(deps.clock, 0);
      while (!isStopped && deps.waitingBytes() > MAX_UNSENT_BYTES)
        await sleep(deps.clock, LOOK_AGAIN_MS);
      if (isStopped) return;
      const { done, value } = await iterator.next();
      if (isStopped) return;
      deps.send(value ?? {}, done === true);
      if (done) {
        isStopped = true;
        return;
      }
    }
  };
  pump().catch((error: unknown) => {
    if (isStopped) return;
    isStopped = true;
    deps.fail(error);
  });
  const cleanUp = async () => {
    await iterator.return?.();
  };
  return {
    stop() {
      if (isStopped) return;
      isStopped = true;
      // Nobody is left who would hear of a failure in it.
      cleanUp().catch(() => {});
    },
  };
};
