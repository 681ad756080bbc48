// A cloud that is killed and gone for a while, with a real agent on the other side.
import { join } from "node:path";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { freePort, type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

/** How often the board stores values in these tests: the quickest that settings allow. */
const storeEveryS = 5;

export interface OutageReport {
  /** From the cloud's readiness until it shows the board online, ms. */
  readonly backMs: number;
  /** Longest pause between two stored values from before the outage until after it, ms. */
  readonly longestGapMs: number;
  readonly values: number;
  readonly dropped: number;
  readonly reached: boolean;
}

const load = async (cloud: RunningCloud, uuid: string, from: number) => {
  const query = `series=cpu.load1&points=4000&from=${encodeURIComponent(new Date(from).toISOString())}`;
  const { body, text, status } = await cloud.call(
    "GET",
    `/api/boards/${uuid}/observations?${query}`,
  );
  if (status !== 200) throw new Error(text);
  const at = (body.at as number[]).filter((_, i) => body.mean[i] !== null);
  return { at, dropped: body.dropped as number };
};

/** Takes the cloud away for `goneMs`; answers how the board came back and what was lost. */
export const takeCloudAway = async (goneMs: number): Promise<OutageReport> => {
  const folder = temporaryFolder();
  const options = { args: ["--port", String(await freePort())] };
  let agent: RunningAgent | undefined;
  let cloud = await startCloud(join(folder.path, "cloud"), options);
  try {
    await cloud.signIn();
    const { uuid, enrolment } = await registerBoard(cloud, "patient");
    agent = startAgent(join(folder.path, "agent"), ["--enrol", enrolment]);
    const show = async () => (await cloud.call("GET", `/api/boards/${uuid}`)).body;
    const settings = async (body: unknown): Promise<void> => {
      const { status, text } = await cloud.call("PATCH", `/api/boards/${uuid}/settings`, body);
      if (status !== 200) throw new Error(text);
    };
    await until(show, ({ status }) => status === "online", 10_000);
    await settings({ sensors: { storeEveryS } });
    await until(show, ({ target }) => target.reached === 2, 10_000);
    const from = Date.now();
    await until(
      () => load(cloud, uuid, from),
      ({ at }) => at.length > 0,
      15_000,
    );
    // Wanted and perhaps never heard of by the board: the cloud is gone at once.
    await settings({ log: { level: "debug" } });
    await cloud.kill("SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, goneMs));
    cloud = await startCloud(join(folder.path, "cloud"), options);
    const ready = performance.now();
    await cloud.signIn();
    const { target } = await until(
      show,
      (board) => board.status === "online" && board.target.reached === board.target.wanted,
      30_000,
    );
    const backMs = performance.now() - ready;
    const resumed = Date.now();
    const { at, dropped } = await until(
      () => load(cloud, uuid, from),
      (found) => (found.at.at(-1) ?? 0) > resumed,
      20_000,
    );
    const gaps = at.slice(1).map((moment, i) => moment - (at[i] ?? 0));
    return {
      backMs,
      longestGapMs: Math.max(...gaps),
      values: at.length,
      dropped,
      reached: target.failed === 0,
    };
  } finally {
    await agent?.kill("SIGTERM");
    await cloud.kill("SIGTERM");
    folder.remove();
  }
};
