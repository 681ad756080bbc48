// `npm start -- --demo N` with the real programs: simulated boards that come, stay, change their number and go.
import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { isRunning, until } from "./s4t.ts";

let folder = temporaryFolder();
let cloud: RunningCloud | undefined;
afterEach(async () => {
  await cloud?.kill("SIGTERM");
  folder.remove();
  folder = temporaryFolder();
});

const start = async (count: number): Promise<RunningCloud> => {
  cloud = await startCloud(folder.path, { args: ["--demo", String(count)] });
  await cloud.signIn();
  return cloud;
};
const list = async (of: RunningCloud, query = "") =>
  (await of.call("GET", `/api/boards?limit=200${query}`)).body.items as {
    uuid: string;
    name: string;
    status: string;
    simulated: boolean;
    location: { latitude: number; longitude: number };
  }[];
const allOnline = (of: RunningCloud, count: number) =>
  until(
    () => list(of),
    (rows) => rows.length === count && rows.every(({ status }) => status === "online"),
    10_000,
  );
const simulatorOf = ({ child }: RunningCloud): number =>
  Number(execFileSync("pgrep", ["-P", String(child.pid), "-f", "simulator"], { encoding: "utf8" }));

describe("the demonstration", () => {
  it("shows simulated boards around Messina that answer, marked as simulated, and says so", async () => {
    const running = await start(6);
    const boards = await allOnline(running, 6);
    expect(running.said()).toContain("6 simulated boards around Messina");
    expect(boards.every(({ simulated }) => simulated)).toBe(true);
    for (const { location } of boards) {
      expect(Math.abs(location.latitude - 38.1)).toBeLessThan(0.4);
      expect(Math.abs(location.longitude - 15.5)).toBeLessThan(0.4);
    }
    const ping = await running.call("POST", `/api/boards/${boards[0]?.uuid}/ping`, {});
    expect(ping.status).toBe(200);
    // What a board is comes with its first report, a moment after it is online.
    await until(
      async () => (await running.call("GET", `/api/boards/${boards[0]?.uuid}`)).body.info?.os,
      (os) => os === "Simulated",
      10_000,
    );
    const made = await running.call("POST", "/api/boards", { name: "real" });
    expect(made.body.board.simulated).toBe(false);
  });

  it("keeps its boards over restarts, retires those beyond a smaller number, and all without it", async () => {
    const before = await allOnline(await start(5), 5);
    await cloud?.kill("SIGTERM");
    const after = await allOnline(await start(3), 3);
    const known = new Map(before.map(({ uuid, name }) => [uuid, name]));
    expect(after.map(({ uuid, name }) => known.get(uuid) === name)).toEqual([true, true, true]);
    await cloud?.kill("SIGTERM");
    const last = await start(0);
    expect(await list(last)).toEqual([]);
    expect(await list(last, "&status=retired")).toHaveLength(5);
    expect(last.said()).not.toContain("simulated");
  });

  it("takes a new board's place for one that was retired, without disturbing the others", async () => {
    const running = await start(3);
    const [first, ...others] = await allOnline(running, 3);
    await running.call("POST", `/api/boards/${first?.uuid}/retire`, {});
    expect((await allOnline(running, 2)).map(({ uuid }) => uuid)).toEqual(
      others.map(({ uuid }) => uuid),
    );
    await running.kill("SIGTERM");
    const again = await allOnline(await start(3), 3);
    expect(again.map(({ name }) => name)).toContain(first?.name);
    expect(again.map(({ uuid }) => uuid)).not.toContain(first?.uuid);
  });

  it("ends with the cloud within 5 s, and leaves no orphan behind a killed one", async () => {
    const running = await start(4);
    await allOnline(running, 4);
    const simulator = simulatorOf(running);
    const began = performance.now();
    expect((await running.kill("SIGTERM")).code).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(isRunning(simulator)).toBe(false);

    const next = await start(4);
    const orphan = simulatorOf(next);
    await next.kill("SIGKILL");
    await until(
      () => isRunning(orphan),
      (there) => !there,
      5_000,
    );
  });
});
