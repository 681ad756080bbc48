import { check, HelloExtra } from "@s4t/contract";
import { describe, expect, it } from "vitest";
import { type BoardSession, type SessionInput, stepSession } from "./session.ts";

/** What a board may say that it can do, at most. */
const most = HelloExtra.properties.features as unknown as {
  readonly maxItems: number;
  readonly items: { readonly maxLength: number };
};

const session: BoardSession = {
  board: "0192f0a0-0000-7000-8000-000000000000",
  project: "0192f0a0-0000-7000-8000-000000000001",
  name: "x".repeat(63),
  session: Number.MAX_SAFE_INTEGER,
  epoch: 1_000_000,
  pubkey: "f".repeat(64),
  contract: 1,
  features: Array.from({ length: most.maxItems }, (_, i) =>
    `feature-${i}`.padEnd(most.items.maxLength, "x"),
  ),
  address: "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
  joinedAtMs: Date.now(),
  hint: "idle",
  unanswered: 0,
  revision: 1,
  calls: 0,
};

const run = (inputs: readonly SessionInput[], first = session) => {
  let state = first;
  const hints: number[] = [];
  const delays: number[] = [];
  for (const input of inputs) {
    const step = stepSession(state, input);
    state = step.state;
    for (const effect of step.effects)
      if (effect.kind === "sendHint") hints.push(effect.revision);
      else delays.push(effect.delayMs);
  }
  return { state, hints, delays };
};

describe("a board's session", () => {
  it("is plain data under 2 KiB", () => {
    const { features, pubkey } = session;
    check(HelloExtra, { contract: 1, version: "1", features, pubkey }, "authextra");
    expect(JSON.stringify(session).length).toBeLessThan(2_048);
    expect(JSON.parse(JSON.stringify(session))).toEqual(session);
  });
  it("hints once, however often things change while the hint is under way, and then once more", () => {
    const { hints } = run([
      { kind: "retargeted", revision: 2 },
      { kind: "retargeted", revision: 3 },
      { kind: "retargeted", revision: 4 },
      { kind: "hintAnswered" },
      { kind: "hintAnswered" },
    ]);
    expect(hints).toEqual([2, 4]);
  });
  it("hints nobody who does not answer calls yet, and then tells what changed before", () => {
    const early = (inputs: readonly SessionInput[]) => run(inputs, { ...session, hint: "early" });
    expect(early([{ kind: "ready" }])).toMatchObject({ hints: [], state: { hint: "idle" } });
    expect(early([{ kind: "retargeted", revision: 2 }]).hints).toEqual([]);
    const changed = [
      { kind: "retargeted", revision: 2 },
      { kind: "retargeted", revision: 3 },
      { kind: "ready" },
    ] as const;
    expect(early(changed).hints).toEqual([3]);
    expect(early([...changed, { kind: "ready" }, { kind: "hintAnswered" }]).hints).toEqual([3]);
  });
  it("gives a hint again that had no answer, more seldom each time", () => {
    const { hints, delays } = run([
      { kind: "retargeted", revision: 2 },
      { kind: "hintFailed" },
      { kind: "hintDue" },
      { kind: "hintFailed" },
      { kind: "hintDue" },
      { kind: "hintAnswered" },
      { kind: "retargeted", revision: 3 },
      { kind: "hintFailed" },
    ]);
    expect(hints).toEqual([2, 2, 2, 3]);
    expect(delays).toEqual([5_000, 10_000, 5_000]);
  });
  it("does not wait when something changes, and then ignores the timer", () => {
    const { hints } = run([
      { kind: "retargeted", revision: 2 },
      { kind: "hintFailed" },
      { kind: "retargeted", revision: 3 },
      { kind: "hintDue" },
    ]);
    expect(hints).toEqual([2, 3]);
  });
  it("tells what changed while a hint went astray", () => {
    const { hints } = run([
      { kind: "retargeted", revision: 2 },
      { kind: "retargeted", revision: 3 },
      { kind: "hintFailed" },
      { kind: "hintDue" },
    ]);
    expect(hints).toEqual([2, 3]);
  });
});
