// A cloud whose disk fills up while it serves, and then has room again.
import { expect } from "vitest";
import type { Answer, RunningCloud } from "./program.ts";
import { listAll } from "./program.ts";

/** Most writes that a test's disk may take before it is full. */
const mostWrites = 5_000;
/** Text that makes a write large. */
const bulk = "x".repeat(500);

/** Codes that say "not now, and nothing was changed". */
const refusals = ["cloud.storage-full", "cloud.unavailable"];

/**
 * Writes until the cloud refuses, and checks what it promises then: a coded refusal, everything acknowledged still there,
 * reads served; after `giveSpace`, writes again, with an intact audit log.
 */
export const fillAndRecover = async (
  cloud: RunningCloud,
  giveSpace: () => Promise<void> | void,
): Promise<void> => {
  const acknowledged: string[] = [];
  const create = (): Promise<Answer> =>
    cloud.call("POST", "/api/projects", {
      name: `p-${acknowledged.length}`,
      description: bulk,
    });
  let refused: Answer | undefined;
  for (let i = 0; i < mostWrites && !refused; i += 1) {
    const answer = await create();
    if (answer.status === 201) acknowledged.push(answer.body.uuid);
    else refused = answer;
  }
  expect(refusals, refused?.text).toContain(refused?.body.code);
  expect(refused?.body.retryable).toBe(true);
  // Now and then one may fit again, when the database has tidied up: then it counts.
  for (let i = 0; i < 20; i += 1) {
    const { status, body, text } = await create();
    if (status === 201) acknowledged.push(body.uuid);
    else expect(refusals, text).toContain(body?.code);
  }
  expect((await cloud.call("GET", "/readyz")).status).toBe(200);
  const copy = await cloud.call("GET", "/api/backup");
  expect(refusals, copy.text.slice(0, 500)).toContain(copy.body?.code);

  const found = async () =>
    new Set((await listAll(cloud, "/api/projects")).map(({ uuid }) => uuid));
  const during = await found();
  expect(acknowledged.filter((uuid) => !during.has(uuid))).toEqual([]);

  await giveSpace();
  const again = await create();
  expect(again.status, again.text).toBe(201);
  acknowledged.push(again.body.uuid);
  const after = await found();
  expect(acknowledged.filter((uuid) => !after.has(uuid))).toEqual([]);
  const verified = await cloud.call("POST", "/api/audit/verify");
  expect(verified.body, verified.text).toMatchObject({ intact: true });
};
