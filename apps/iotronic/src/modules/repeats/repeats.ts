// Requests that come again with the same idempotency key are done once. Answers hold secrets that are shown once (enrolments, tokens),
// so they are encrypted under the key itself, of which only a hash is kept: the database alone gives none away.
import { fail } from "@s4t/contract";
import { type Clock, isS4tError, type Log, type Part } from "@s4t/kit";
import { keyOf, lock, sha256Hex, unlock } from "@s4t/kit/node";
import type { KeptAnswer, Repeats } from "../../edge/repeats.ts";
import { type Actor, everything } from "../../policy/index.ts";
import type { Database } from "../../ports/database.ts";
import { beginRepeat, forgetRepeat, keepAnswer, type RepeatRow, removeOver } from "./store.ts";

/** How long an answer is kept for who asks again: a program that was down for a night goes on where it was. */
export const REPEATS_KEPT_MS = 86_400_000;
/** How often those that are over are removed. */
export const REPEATS_PRUNE_MS = 600_000;
/** Removed in one transaction: others get their turn between two. */
export const REPEATS_AT_ONCE = 500;
/** Longest answer that is kept: every answer of a single thing fits. */
export const MAX_KEPT_ANSWER_BYTES = 262_144;

/** Failures after which the work may have been done all the same; every other one says that nothing was. */
const uncertain: ReadonlySet<string> = new Set([
  "internal",
  "command.unknown",
  "deadline.exceeded",
  "operation.unrecorded",
  "request.canceled",
]);

const secretOf = (actor: Actor, key: string): Buffer =>
  keyOf(key, `${actor.kind} ${actor.uuid}`, "s4t repeats");

export interface RepeatsDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes the module. */
export const createRepeats = ({ database, clock, log }: RepeatsDependencies): Repeats & Part => {
  const running = new Map<string, { readonly request: string; readonly end: Promise<void> }>();
  let timer: { cancel(): void } | undefined;

  const begin = (row: RepeatRow): Promise<RepeatRow | undefined> =>
    database.write(everything, (tx) => beginRepeat(everything, tx, row, clock.now()));
  const forget = (hash: string): Promise<void> =>
    database.write(everything, (tx) => forgetRepeat(everything, tx, hash));

  const prune = async (): Promise<void> => {
    const step = () =>
      database.write(everything, (tx) => removeOver(everything, tx, clock.now(), REPEATS_AT_ONCE));
    while ((await step()) === REPEATS_AT_ONCE);
  };
  const watch = (): void => {
    timer = clock.after(REPEATS_PRUNE_MS, () => {
      prune()
        .catch((error: unknown) => log.warn("Old answers could not be removed", { error }))
        .finally(() => timer && watch());
    });
  };

  /** Does the work, and keeps its answer before anybody has it. */
  const perform = async (
    secret: Buffer,
    hash: string,
    work: () => Promise<KeptAnswer | undefined>,
  ): Promise<KeptAnswer | undefined> => {
    let answer: KeptAnswer | undefined;
    try {
      answer = await work();
    } catch (error) {
      if (isS4tError(error) && !uncertain.has(error.code)) await forget(hash);
      throw error;
    }
    const text = answer && JSON.stringify(answer);
    if (text !== undefined && Buffer.byteLength(text) <= MAX_KEPT_ANSWER_BYTES)
      await database
        .write(everything, (tx) => keepAnswer(everything, tx, hash, lock(secret, hash, text)))
        // It was done, whatever becomes of its record: who asks again hears that it is not known.
        .catch((error: unknown) => log.warn("An answer could not be kept", { error }));
    return answer;
  };

  return {
    name: "repeats",
    start: watch,
    stop() {
      timer?.cancel();
      timer = undefined;
    },
    async once(actor, key, request, work) {
      const hash = sha256Hex(JSON.stringify([actor.kind, actor.uuid, key]));
      const asked = sha256Hex(request);
      const secret = secretOf(actor, key);
      for (;;) {
        const first = running.get(hash);
        if (!first) break;
        if (first.request !== asked) throw fail("request.key-reused");
        await first.end;
      }
      let ended: () => void = () => {};
      const end = new Promise<void>((resolve) => {
        ended = resolve;
      });
      running.set(hash, { request: asked, end });
      try {
        const expires_at = clock.now() + REPEATS_KEPT_MS;
        const present = await begin({ hash, request: asked, answer: null, expires_at });
        if (!present) return { answer: await perform(secret, hash, work), replayed: false };
        if (present.request !== asked) throw fail("request.key-reused");
        if (present.answer === null) throw fail("request.unsettled");
        const answer = JSON.parse(unlock(secret, hash, present.answer).toString()) as KeptAnswer;
        return { answer, replayed: true };
      } finally {
        running.delete(hash);
        ended();
      }
    },
  };
};
