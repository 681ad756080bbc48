// A link that was stopped in the middle of whatever it did, and goes on when its boards are at another: nothing of what it still
// holds, in its sockets, in its memory, in an open transaction, may reach what is stored.
import { afterAll, beforeAll, expect, it } from "vitest";
import { type BoardSession, batchOf, entryRow, joinAs } from "../apps/iotronic/test/board.ts";
import { cloudProcedures } from "../packages/contract/src/index.ts";
import { seeded } from "../packages/kit/src/index.ts";
import { isWampError } from "../packages/wamp/src/index.ts";
import { until } from "./s4t.ts";
import { type Nodes, startNodes } from "./zombie.ts";

const boardCount = 8;
const rounds = 12;
/** Longest between the joining of a round's boards and the stop: beyond what comings wait for in memory. */
const untilStopMs = 150;
/** Between two requests of each board. */
const sayEveryMs = 4;
/** Longest that a machine may need to store what is stored in batches. */
const storeWithinMs = 30_000;
const seed = 4_711;

let nodes: Nodes;
beforeAll(async () => {
  nodes = await startNodes();
});
afterAll(() => nodes?.close());

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const outcomeOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "done",
    (error: unknown) => (isWampError(error) ? error.uri : String(error)),
  );

it("a link process stopped and continued by signals writes nothing of the sessions that are elsewhere by then", async () => {
  const { zombie, other } = nodes;
  const chance = seeded(seed);
  const boards = await Promise.all(
    Array.from({ length: boardCount }, (_, i) => nodes.enrol(`board-${i}`)),
  );
  const outcomes = new Map<string, number>();
  let longestJoinMs = 0;
  for (let round = 0; round < rounds; round += 1) {
    const older = await Promise.all(boards.map((board) => joinAs(zombie, board)));
    const jobs = await Promise.all(
      boards.map(async ({ uuid }) => {
        const { body } = await other.call("POST", `/api/boards/${uuid}/restart`, {
          deliver: "when-online",
        });
        return body.uuid as string;
      }),
    );
    let seq = 1;
    const rowsOf = (i: number) => [
      entryRow(1, "failed"),
      { kind: "result", id: jobs[i], state: "failed", code: "internal", sentence: "stale" },
    ];
    const say = (): Promise<string>[] =>
      older.flatMap((session: BoardSession, i) => {
        const rows = rowsOf(i);
        const told = [
          session.report(seq, rows, `zombie-${round}`),
          session.ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 }),
        ];
        return told.map(outcomeOf);
      });
    const tickets = (await Promise.all(
      older.map((session) => session.ask(cloudProcedures.reportBacklog, {})),
    )) as { token: string }[];
    const before: Promise<string>[] = [];
    const talk = setInterval(() => {
      before.push(...say());
      seq += 2;
    }, sayEveryMs);
    await pause(chance() * untilStopMs);
    zombie.child.kill("SIGSTOP");
    clearInterval(talk);

    // What comes now waits in the sockets of a process that stands still.
    const late = say();
    const backlogs = boards.map((_, i) =>
      zombie.call("POST", "/link/backlog", batchOf(seq, rowsOf(i), `zombie-${round}`), {
        authorization: `Bearer ${tickets[i]?.token}`,
      }),
    );
    const began = performance.now();
    const beganAt = Date.now();
    const present = await Promise.all(boards.map((board) => joinAs(other, board)));
    longestJoinMs = Math.max(longestJoinMs, performance.now() - began);
    for (const [i, session] of present.entries()) {
      await session.ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 });
      const done = { kind: "result", id: jobs[i], state: "done", result: {} };
      await session.report(1, [entryRow(1, "reached"), done], `present-${round}`);
    }
    await until(
      () => nodes.storedComings(beganAt),
      (count) => count === boardCount,
      storeWithinMs,
    );
    const stored = new Set(await nodes.rows());

    zombie.child.kill("SIGCONT");
    await Promise.all(before);
    for (const outcome of await Promise.all(late))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    for (const { status } of await Promise.all(backlogs)) expect([401, 409]).toContain(status);
    await Promise.all(older.map(({ session }) => session.close().catch(() => {})));
    await until(() => nodes.isZombieDone(), Boolean, storeWithinMs);
    const written = (await nodes.rows()).filter((row) => !stored.has(row));
    expect(written, `round ${round} of seed ${seed}`).toEqual([]);
    await Promise.all(present.map(({ session }) => session.close()));
  }
  console.log(
    `${rounds} stops, ${JSON.stringify([...outcomes])}, longest join ${longestJoinMs.toFixed(0)} ms`,
  );
  // The rows are the proof. As for who said it: one whose transaction the database took from the stopped process is told that, before
  // it is told the truth; one whose session the process held for dead once it went on, or who waited too long, is told nothing.
  const right = [
    ...["s4t.error.link.superseded", "wamp.error.unavailable"],
    ...["wamp.error.network_failure", "wamp.error.timeout"],
  ];
  expect([...outcomes.keys()].filter((outcome) => !right.includes(outcome))).toEqual([]);
}, 240_000);
