import type { ProjectId } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createManualClock } from "../../../../../packages/kit/test/clock.ts";
import { openTestDatabase, type TestDatabase } from "../../../test/database.ts";
import { firstIdOf } from "../../edge/id.ts";
import { everything, within } from "../../policy/index.ts";
import {
  createRetention,
  OPERATIONS_KEPT_DAYS,
  OPERATIONS_PRUNE_MS,
  type Retention,
} from "./retention.ts";
import { ROWS_AT_ONCE } from "./steps.ts";
import { insertOperation } from "./store.ts";

const [project, other] = [1, 2].map(
  (n) => `01a21ab2-0000-7000-8000-00000000000${n}` as ProjectId,
) as [ProjectId, ProjectId];
const dayMs = 86_400_000;
const clock = createManualClock();
let test: TestDatabase;
let retention: Retention;
let steps: number;
beforeEach(async () => {
  test = await openTestDatabase();
  steps = 0;
  const database = {
    ...test.database,
    write: ((scope, work) => {
      steps += 1;
      return test.database.write(scope, work);
    }) as typeof test.database.write,
  };
  retention = createRetention({ database, clock, log: silentLog });
  await retention.start?.();
});
afterEach(async () => {
  await retention.stop?.();
  await test.close();
});

/** Operations of these ages in days; `endedAfter`: how long they took, or null for those that go on. */
const make = (count: number, ageDays: number, endedAfter: number | null, of = project) =>
  test.database.write(everything, async (tx) => {
    const at = clock.now() - ageDays * dayMs;
    for (let i = 0; i < count; i += 1) {
      const ended = endedAfter === null ? null : at + endedAfter * dayMs;
      await insertOperation(within(of), tx, {
        uuid: `${firstIdOf(at)}-7000-8000-${Math.random().toString(16).slice(2, 14).padEnd(12, "0")}`,
        project_id: of,
        ...{ name: "board.ping", status: ended === null ? "queued" : "done", parent: null },
        ...{ board_id: null, actor: "me", procedure: null, args: null, idempotent: 0, lane: null },
        ...{
          created_at: at,
          ended_at: ended,
          expires_at: null,
          parts: null,
          result: "1",
          problem: null,
        },
      });
    }
  });
const ages = () =>
  test.database.read(everything, async ({ queries }) => {
    const rows = await queries.selectFrom("operations").select("created_at").execute();
    return rows
      .map(({ created_at }) => Math.round((clock.now() - Number(created_at)) / dayMs))
      .sort((a, b) => a - b);
  });

it("removes what ended long ago in small steps, and neither what goes on nor what ended of late", async () => {
  await make(ROWS_AT_ONCE * 2 + 3, OPERATIONS_KEPT_DAYS + 2, 1);
  await make(1, OPERATIONS_KEPT_DAYS + 20, null);
  await make(1, OPERATIONS_KEPT_DAYS + 10, 15);
  await make(2, OPERATIONS_KEPT_DAYS - 1, 0);
  await make(1, 0, 0);
  const stay = [0, ...[1, 1].map(() => OPERATIONS_KEPT_DAYS - 1)];
  const long = [OPERATIONS_KEPT_DAYS + 10, OPERATIONS_KEPT_DAYS + 20];
  await retention.prune();
  expect(await ages()).toEqual([...stay, ...long]);
  expect(steps).toBe(3);
}, 60_000);

it("removes them by itself, too", async () => {
  await make(3, OPERATIONS_KEPT_DAYS + 2, 1);
  clock.advance(OPERATIONS_PRUNE_MS);
  await expect.poll(ages).toEqual([]);
});

it("removes all of a project that is gone, and none of another", async () => {
  await make(ROWS_AT_ONCE + 1, 1, 0);
  await make(1, 2, null);
  await make(1, 3, 0, other);
  await test.database.write(everything, async (tx) => retention.forget(tx, project));
  await expect.poll(ages).toEqual([3]);
}, 60_000);
