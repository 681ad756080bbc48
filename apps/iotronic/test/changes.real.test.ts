import type { ProjectId } from "@s4t/contract";
import { systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import type { Change } from "../src/edge/facts.ts";
import { createChanges } from "../src/modules/changes/index.ts";
import { everything, systemActor } from "../src/policy/index.ts";
import { openTestDatabase } from "./database.ts";

const project = "0192f0a0-0000-7000-8000-000000000001" as ProjectId;

it("a reader that resumes on PostgreSQL is told what was numbered before its cursor and committed after", async () => {
  const { database, close } = await openTestDatabase("postgres");
  try {
    const changes = createChanges({ database, clock: systemClock });
    await changes.start?.();
    const write = (uuid: string, before: Promise<void> = Promise.resolve()) =>
      database.write(everything, async (tx) => {
        await changes.append(tx, {
          actor: systemActor,
          project,
          noun: "board",
          uuid,
          rev: 1,
          patch: {},
        });
        appended.push(uuid);
        await before;
      });
    const appended: string[] = [];
    const seen: Change[] = [];
    changes.subscribe((change) => seen.push(change));
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const slow = write("slow", held);
    while (appended.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await write("quick");
    expect(seen.map(({ uuid }) => uuid)).toEqual(["quick"]);
    const cursor = changes.lastSeq();
    release();
    await slow;
    const told = await changes.since(everything, cursor);
    expect(told?.map(({ uuid }) => uuid)).toContain("slow");
    changes.stop?.();
  } finally {
    await close();
  }
});
