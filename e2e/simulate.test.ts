// `./s4t simulate` against a cloud that runs apart: boards with keys, sockets and targets of their own, that drop and return, and
// that leave nothing behind.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { finish, type Printed, paste, pasteAndWait, until } from "./s4t.ts";

const folder = temporaryFolder();
let cloud: RunningCloud;
beforeAll(async () => {
  cloud = await startCloud(folder.path);
  await cloud.signIn();
});
afterAll(async () => {
  await cloud.kill("SIGTERM");
  folder.remove();
});

const env = () => ({ HOME: folder.path, S4T_DATA: folder.path });
const list = async (query = "") =>
  (await cloud.call("GET", `/api/boards?limit=200${query}`)).body.items as {
    uuid: string;
    name: string;
    simulated: boolean;
    status: string;
    fingerprint: string | null;
    target: { wanted: number; reached: number; failed: number };
  }[];

describe("a simulation", () => {
  let printed: Promise<Printed>;
  it("plays boards that are each their own: simulated, with a key and twenty entries that are reached", async () => {
    printed = finish(
      paste("./s4t simulate --boards 12 --churn 1 --calls 40 --seconds 12 --seed 5 --json", env()),
      80_000,
    );
    const boards = await until(
      () => list(),
      (rows) => rows.length === 12 && rows.every(({ fingerprint }) => fingerprint !== null),
      40_000,
    );
    expect(boards.every(({ simulated }) => simulated)).toBe(true);
    expect(new Set(boards.map(({ fingerprint }) => fingerprint)).size).toBe(12);
    // One that is away for a while has its target a while later.
    const isDone = ({ target }: (typeof boards)[number]) =>
      target.wanted > 17 && target.reached === target.wanted;
    const done = (
      await until(
        () => list(),
        (rows) => rows.some(isDone),
        30_000,
      )
    ).find(isDone);
    const { entries } = (await cloud.call("GET", `/api/boards/${done?.uuid}/target`)).body;
    expect(entries).toHaveLength(20);
    expect(entries.every(({ state }: { state: string }) => state === "reached")).toBe(true);
    const series = await until(
      async () =>
        (await cloud.call("GET", `/api/boards/${boards[0]?.uuid}/series`)).body.items ?? [],
      (items: unknown[]) => items.length > 0,
      10_000,
    );
    expect(series.length).toBeGreaterThan(4);
  }, 100_000);

  it("tells who was connected, what calls took, and how soon those that dropped were back", async () => {
    const { code, out, err } = await printed;
    expect([code, err]).toEqual([0, expect.stringContaining("12 of 12 boards retired")]);
    const told = JSON.parse(out);
    expect([told.boards, told.ended, told.firstJoin.count]).toEqual([12, 0, 12]);
    expect(told.calls.answered.count).toBeGreaterThan(50);
    expect(told.calls.perSecond).toBeCloseTo(told.calls.answered.count / told.seconds, 0);
    expect(told.calls.answered.p99).toBeGreaterThanOrEqual(told.calls.answered.p50);
    const dropped = Object.values<number>(told.drops).reduce((sum, count) => sum + count, 0);
    expect(dropped).toBeGreaterThan(3);
    const back = told.back.cut.count + told.back.clean.count + told.back.silent.count;
    expect(back).toBeGreaterThan(0);
    expect(back).toBeLessThanOrEqual(dropped);
    expect(err).toMatch(/\d+ of 12 connected, \d+ joins; [\d.]+ calls a second, p50 /);
    expect(err).not.toContain("cannot be reached");
  }, 90_000);

  it("leaves neither boards nor plugins behind, unless they are to stay; then the next one takes them up", async () => {
    expect(await list()).toEqual([]);
    expect((await cloud.call("GET", "/api/plugins")).body.items).toEqual([]);
    const play = (more: string) =>
      pasteAndWait(`./s4t simulate --boards 2 --seconds 1 --entries 3 ${more} --json`, env());
    expect((await play("--run mine --keep")).code).toBe(0);
    const kept = (await list()).map(({ uuid }) => uuid).sort();
    expect(kept).toHaveLength(2);
    expect((await play("--run mine --keep")).code).toBe(0);
    expect((await list()).map(({ uuid }) => uuid).sort()).toEqual(kept);
    // Somebody else's, of the same seed.
    expect((await play("")).code).toBe(0);
    expect((await list()).map(({ uuid }) => uuid).sort()).toEqual(kept);
    expect((await play("--run mine")).code).toBe(0);
    expect(await list()).toEqual([]);
  }, 90_000);

  it("that Ctrl-C ends retires its boards first", async () => {
    const child = paste("./s4t simulate --boards 3 --seconds 600 --entries 0 --run mine", env());
    const ended = finish(child);
    await until(
      () => list(),
      (rows) => rows.length === 3 && rows.every(({ status }) => status === "online"),
      25_000,
    );
    const second = await pasteAndWait("./s4t simulate --boards 3 --run mine", env());
    expect([second.code, second.err]).toEqual([64, expect.stringContaining("at the moment")]);
    expect(await list()).toHaveLength(3);
    child.kill("SIGINT");
    await ended;
    expect(await list()).toEqual([]);
  }, 60_000);

  it("is refused with numbers that no machine could play", async () => {
    for (const line of ["--boards 10001", "--churn 1001", "--run My_Run"]) {
      const { code, err } = await pasteAndWait(`./s4t simulate ${line}`, env());
      expect([code, err]).toEqual([64, expect.stringContaining(line.split(" ")[0] ?? "")]);
    }
  }, 60_000);
});
