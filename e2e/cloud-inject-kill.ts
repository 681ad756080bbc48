// Kills the cloud at each named step on the way of a plugin to its board, while the agent goes on, and looks at what is left: bytes,
// version and wish wholly there or not at all, the plugin on the board wholly old or wholly new, and no call run twice.
import { join } from "node:path";
import { isS4tError, seeded } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import { type Client, createClient, createPlugin, packPlugin } from "@s4t/sdk";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { freePort, listAll, type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

/** Every step that has a name. */
export const cloudPoints = [
  "blob:half",
  "blob:kept",
  "plugin.add-version:begun",
  "plugin.add-version:committed",
  "injection.inject:begun",
  "injection.inject:committed",
  "blob:read",
  "injection.call:begun",
  "injection.call:committed",
] as const;

/** Longest until a cloud has come to its step, or a board has what is wanted. */
const settleMs = 60_000;
const name = "counter";

/** Counts how often it was called with each word, and says which version it is. Padding makes its bytes come in more than one piece. */
const pack = (version: number) => {
  const padding = Array.from({ length: 4_000 }, (_, i) =>
    sha256Hex(Buffer.from(`${version} ${i}`)),
  ).join("\n# ");
  const source = `def main(params, ctx):
    word = params["word"]
    count = (ctx.state.get(word) or 0) + 1
    ctx.state.set(word, count)
    return {"version": ${version}, "count": count}
# ${padding}
`;
  return packPlugin([{ path: "main.py", bytes: new TextEncoder().encode(source) }], {
    ...{ name, runtime: "python", mode: "sync", entry: "main.py" },
  });
};

interface Counted {
  readonly version: number;
  readonly count: number;
}

export interface CloudInjectKillReport {
  readonly faults: readonly string[];
  /** How often it died at each step. */
  readonly died: Readonly<Record<string, number>>;
}

/** A request that the kill may take away: what broke is not told. */
const orBroken = async <Result>(work: Promise<Result>): Promise<Result | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (isS4tError(error) && error.code !== "cloud.unreachable") throw error;
    return undefined;
  }
};

/** Kills `rounds` clouds on one folder; the steps in turn, then by chance. */
export const killCloudsInjecting = async (
  rounds: number,
  seed: number,
): Promise<CloudInjectKillReport> => {
  const random = seeded(seed);
  const folder = temporaryFolder();
  const args = ["--port", String(await freePort())];
  const faults: string[] = [];
  const died: Record<string, number> = {};
  let agent: RunningAgent | undefined;
  const start = async (
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ cloud: RunningCloud; client: Client }> => {
    const cloud = await startCloud(join(folder.path, "cloud"), { args, env });
    return { cloud, client: createClient({ url: cloud.url, auth: await cloud.signIn() }) };
  };
  let { cloud, client } = await start();
  try {
    const { uuid, enrolment } = await registerBoard(cloud, "steady");
    agent = startAgent(join(folder.path, "agent"), ["--enrol", enrolment]);
    await until(agent.said, (text) => text.includes("Joined"), settleMs);
    const params = { uuid, plugin: name };
    const inject = () => client.injections.inject({ params, body: { version: "latest" } });
    const call = async (word: string): Promise<Counted | undefined> => {
      const operation = await client.injections.call({
        params,
        wait: 20,
        body: { parameters: { word } },
      });
      return (operation.result as { result: Counted } | null)?.result;
    };
    /** Until the board answers as this version, by calls of their own word. */
    const serves = (version: number) =>
      until(
        () => call("look").catch(() => undefined),
        (counted) => counted?.version === version,
        settleMs,
      );
    await createPlugin(client, await pack(0));
    await inject();
    await serves(0);
    for (let round = 1; round <= rounds; round += 1) {
      const point =
        cloudPoints[round - 1] ??
        cloudPoints[Math.floor(random() * cloudPoints.length)] ??
        "blob:half";
      const say = (fault: string) => faults.push(`round ${round}, ${point}: ${fault}`);
      const packed = await pack(round);
      // The cloud reads bytes when it takes a version in, too: here it is to die while its board does.
      const isFetch = point === "blob:read";
      if (isFetch) await createPlugin(client, packed);
      await cloud.kill("SIGTERM");
      ({ cloud, client } = await start({ S4T_FAIL_AT: point }));
      const doomed = cloud;
      const word = `w${round}`;
      let asked = 0;
      /** Undefined once the cloud is gone; a board that is not there yet has no version. */
      const tryCall = async (): Promise<Counted | undefined> => {
        asked += 1;
        try {
          return await call(word);
        } catch (error) {
          if (!isS4tError(error) || error.code === "cloud.unreachable") return undefined;
          return { version: -1, count: 0 };
        }
      };
      // Each step only where the cloud is still there for it: it dies in one of them, or while the board fetches.
      const way = async (): Promise<void> => {
        if (!isFetch && !(await orBroken(createPlugin(client, packed)))) return;
        if (!(await orBroken(inject()))) return;
        await until(tryCall, (came) => came === undefined || came.version === round, settleMs);
      };
      await way();
      const late = setTimeout(() => doomed.child.kill("SIGTERM"), settleMs);
      const { signal } = await doomed.ended;
      clearTimeout(late);
      if (signal !== "SIGKILL") say("it was never there");
      died[point] = (died[point] ?? 0) + 1;

      ({ cloud, client } = await start());
      const versions = await listAll(cloud, `/api/plugins/${name}/versions`);
      const isThere = versions.some(({ version }) => version === packed.version);
      const isEarly = cloudPoints.indexOf(point) <= cloudPoints.indexOf("plugin.add-version:begun");
      if (isEarly === isThere) say(`its version is ${isThere ? "" : "not "}there`);
      const audit = await cloud.call("POST", "/api/audit/verify");
      if (!audit.body.intact) say(`audit: ${audit.body.because}`);
      const kept = await until(
        tryCall,
        (counted) => counted !== undefined && counted.version >= 0,
        settleMs,
      );
      // Each call was asked for once: what is counted more often was run again.
      if ((kept?.count ?? 0) > asked) say(`of ${asked} calls ${kept?.count} were run`);
      if (kept?.version !== round && kept?.version !== round - 1)
        say(`version ${kept?.version} is neither old nor new`);
      // Said again it is as if nothing had been: the same version, once, and the board has it.
      await createPlugin(client, packed);
      const again = await listAll(cloud, `/api/plugins/${name}/versions`);
      if (again.filter(({ version }) => version === packed.version).length !== 1)
        say("its version is there twice");
      await inject();
      await serves(round);
    }
    return { faults, died };
  } finally {
    await agent?.kill("SIGTERM");
    await cloud.kill("SIGTERM");
    folder.remove();
  }
};
