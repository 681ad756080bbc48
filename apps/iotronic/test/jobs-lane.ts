// The lane of jobs: many commands wait for one board, which then takes them as an agent does, a page at a time, each reported before
// the next page is asked for.
import { type AnswerOf, cloudProcedures, type Job } from "@s4t/contract";
import { wampErrors } from "@s4t/wamp";
import { enrolBoard, joinAs } from "./board.ts";
import type { TestCloud } from "./cloud.ts";

/** Requests under way while the lane is filled: one after the other for each, so that the order among them is known. */
const writersAtOnce = 20;

export interface Drained {
  /** Operations in the order in which the board was given them, and in that in which they were made, a writer each. */
  readonly given: readonly string[];
  readonly made: readonly (readonly string[])[];
  readonly states: Readonly<Record<string, number>>;
}

/** A board that asks faster than its pace allows is told so, and asks again a little later. */
const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (;;)
    try {
      return await ask();
    } catch (error) {
      if ((error as { readonly uri?: string }).uri !== wampErrors.unavailable) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
};

/** Fills the lane of a new board with `count` jobs, and lets the board drain it. */
export const drainLane = async (cloud: TestCloud, count: number): Promise<Drained> => {
  const board = await enrolBoard(cloud, `lane-of-${count}`);
  const made = Array.from({ length: writersAtOnce }, (): string[] => []);
  await Promise.all(
    made.map(async (own, writer) => {
      for (let i = writer; i < count; i += writersAtOnce) {
        const { status, text, body } = await cloud.call(
          "POST",
          `/api/boards/${board.uuid}/restart`,
          {
            token: cloud.admin,
            body: { deliver: "when-online", expiresInS: 604_800 },
          },
        );
        if (status !== 202) throw new Error(text);
        own.push(body.uuid);
      }
    }),
  );
  const session = await joinAs(cloud, board);
  const given: string[] = [];
  let cursor = 0;
  let seq = 1;
  for (let more = true; more; ) {
    const have = { have: {}, jobsAfter: cursor };
    const answer = (await patiently(() =>
      session.ask(cloudProcedures.targetGet, have),
    )) as AnswerOf<typeof cloudProcedures.targetGet>;
    const jobs: readonly Job[] = answer.jobs;
    more = answer.moreJobs;
    for (const job of jobs) {
      if (job.cursor <= cursor) throw new Error(`${job.id} comes again or too late`);
      cursor = job.cursor;
      given.push(job.id);
    }
    if (jobs.length === 0) break;
    const results = jobs.map(({ id }) => ({
      ...{ kind: "result" as const, id, state: "done" as const },
      result: { backWithinS: 1 },
    }));
    await patiently(() => session.report(seq, results));
    seq += jobs.length;
  }
  await session.session.close();
  const rows = await cloud.sql(
    "select status, count(*) as count from operations where board_id = ? group by status",
    board.uuid,
  );
  const states = Object.fromEntries(
    rows.map(({ status, count: of }) => [String(status), Number(of)]),
  );
  return { given, made, states };
};
