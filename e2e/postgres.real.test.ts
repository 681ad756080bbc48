// The cloud on PostgreSQL, and PostgreSQL taken away under load, as a crash takes it away.
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabaseForTest } from "../apps/iotronic/test/postgres.ts";
import { type RunningPostgres, startPostgres } from "../scripts/real/postgres.ts";
import { listAll, startCloud, temporaryFolder } from "./program.ts";

const writers = 8;
const restarts = 4;
/** A request during the outage may wait for a connection, and not much longer. */
const answerLimitMs = 10_000;
/** From the moment PostgreSQL is back until the cloud writes again. */
const recoveryLimitMs = 5_000;

let postgres: RunningPostgres;
beforeAll(async () => {
  const started = await startPostgres((line) => console.error(line));
  if (!started) throw new Error("PostgreSQL could not be started");
  postgres = started;
  process.env.TEST_POSTGRES = postgres.url;
});
afterAll(() => postgres?.stop());

it("PostgreSQL restarted under load: no acknowledgement lost, coded refusals meanwhile, back by itself", async () => {
  const { url } = await createDatabaseForTest();
  const folder = temporaryFolder();
  const cloud = await startCloud(folder.path, {
    args: ["--database.driver", "postgres", "--database.postgres.url", url],
  });
  await cloud.signIn();
  const acknowledged: string[] = [];
  const strange: string[] = [];
  const codes = new Map<string, number>();
  let slowestMs = 0;
  let lastSuccess = 0;
  let over = false;
  const write = async (writer: number): Promise<void> => {
    for (let i = 0; !over; i += 1) {
      const began = performance.now();
      const { status, body, text } = await cloud.call("POST", "/api/boards", {
        name: `w-${writer}-${i}`,
      });
      slowestMs = Math.max(slowestMs, performance.now() - began);
      if (status === 201) {
        acknowledged.push(body.board.uuid);
        lastSuccess = performance.now();
        continue;
      }
      codes.set(body?.code, (codes.get(body?.code) ?? 0) + 1);
      if (body?.retryable !== true) strange.push(text);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const writing = Array.from({ length: writers }, (_, writer) => write(writer));
  for (let i = 0; i < restarts; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await postgres.restart();
    const back = performance.now();
    while (lastSuccess < back) {
      expect(performance.now() - back).toBeLessThan(recoveryLimitMs);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  over = true;
  await Promise.all(writing);
  console.log(`${acknowledged.length} acknowledged, refused: ${JSON.stringify([...codes])}`);
  expect(strange).toEqual([]);
  expect(codes.size).toBeGreaterThan(0);
  expect(slowestMs).toBeLessThan(answerLimitMs);
  const there = new Set((await listAll(cloud, "/api/boards")).map(({ uuid }) => uuid));
  expect(acknowledged.length).toBeGreaterThan(30);
  expect(acknowledged.filter((uuid) => !there.has(uuid))).toEqual([]);
  expect((await cloud.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
  expect((await cloud.kill("SIGTERM")).code).toBe(0);
  folder.remove();
});
