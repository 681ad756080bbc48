// Kills the cloud at each named step on the way of a plugin to its board, while the agent goes on, and looks at what is left: bytes,
// version and wish wholly there or not at all, the plugin on the board wholly old or wholly new, and no call run twice.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isS4tError, seeded } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import { type Client, createClient, createPlugin, packPlugin } from "@s4t/sdk";
import type { PluginsPoint } from "../apps/iotronic/src/compose/fail-points.ts";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { askDatabase } from "./database.ts";
import { freePort, listAll, type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

/** Every step that has a name on the way to a board. */
export const cloudPoints = [
  "blob:half",
  "blob:kept",
  "plugin.create:begun",
  "plugin.create:committed",
  "plugin.add-version:begun",
  "plugin.add-version:committed",
  "injection.inject:begun",
  "injection.inject:committed",
  "blob:ticket",
  "blob:read",
  "injection.call:begun",
  "injection.call:committed",
] as const satisfies readonly PluginsPoint[];
/** What has points beside: each is killed at in `cloud-verbs-kill.test.ts`, where a new one is missed by the types. */
export type VerbAction = ActionOf<Exclude<PluginsPoint, (typeof cloudPoints)[number]>>;
type ActionOf<Point> = Point extends `${infer Action}:${"begun" | "committed"}` ? Action : Point;

/** Those at which the version is not there yet. */
const comesBefore: ReadonlySet<string> = new Set([
  "blob:half",
  "blob:kept",
  "plugin.create:begun",
  "plugin.add-version:begun",
]);

/** Longest until a cloud has come to its step, or a board has what is wanted. */
const settleMs = 60_000;

/**
 * Two files that each answer with the mark, a word of this try alone, and count how often the plugin was called with each word.
 * Padding makes its bytes come in more than one piece.
 */
const pack = (name: string, mark: string) => {
  const padding = Array.from({ length: 4_000 }, (_, i) =>
    sha256Hex(Buffer.from(`${mark} ${i}`)),
  ).join("\n# ");
  const source = `from part import PART

def main(params, ctx):
    words = ctx.state.get("words") or {}
    word = params.get("word")
    if word is not None:
        words = {known: times for known, times in words.items() if known.startswith(params["round"])}
        words[word] = words.get(word, 0) + 1
        ctx.state.set("words", words)
    return {"marks": ["${mark}", PART], "words": words}
# ${padding}
`;
  const files = { "main.py": source, "part.py": `# ${padding}\nPART = "${mark}"\n` };
  return packPlugin(
    Object.entries(files).map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) })),
    { name, runtime: "python", mode: "sync", entry: "main.py" },
  );
};

interface Counted {
  /** What each of its files says. */
  readonly marks: readonly string[];
  readonly words: Readonly<Record<string, number>>;
}

/** Bytes in the store that nobody wants, and wanted ones that are not there, in words. */
const strayBlobs = async (folder: string): Promise<string[]> => {
  const rows = (table: string) => askDatabase(folder, `select blob from ${table}`);
  const named = (await rows("plugins_versions")).map(({ blob }) => String(blob));
  const wanted = new Set([...named, ...(await rows("plugins_uploads")).map(({ blob }) => blob)]);
  const there = readdirSync(join(folder, "blobs"));
  return [
    ...there.filter((name) => !wanted.has(name)).map((name) => `${name} is of nobody`),
    ...named.filter((name) => !there.includes(name)).map((name) => `${name} is gone`),
  ];
};

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
  const data = join(folder.path, "cloud");
  const args = ["--port", String(await freePort())];
  const faults: string[] = [];
  const died: Record<string, number> = {};
  let agent: RunningAgent | undefined;
  const start = async (
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ cloud: RunningCloud; client: Client }> => {
    const cloud = await startCloud(data, { args, env });
    return { cloud, client: createClient({ url: cloud.url, auth: await cloud.signIn() }) };
  };
  let { cloud, client } = await start();
  try {
    const { uuid, enrolment } = await registerBoard(cloud, "steady");
    agent = startAgent(join(folder.path, "agent"), ["--enrol", enrolment]);
    await until(agent.said, (text) => text.includes("Joined"), settleMs);
    const inject = (plugin: string) =>
      client.injections.inject({ params: { uuid, plugin }, body: { version: "latest" } });
    const call = async (
      plugin: string,
      parameters: Readonly<Record<string, string>>,
    ): Promise<Counted | undefined> => {
      const params = { uuid, plugin };
      const operation = await client.injections.call({ params, wait: 20, body: { parameters } });
      return (operation.result as { result: Counted } | null)?.result;
    };
    /** Until the board answers with this mark, without a count. */
    const serves = (plugin: string, mark: string) =>
      until(
        () => call(plugin, {}).catch(() => undefined),
        (counted) => counted?.marks[0] === mark,
        settleMs,
      );
    let old = "first";
    await createPlugin(client, await pack("counter", old));
    await inject("counter");
    await serves("counter", old);
    for (let round = 1; round <= rounds; round += 1) {
      const point =
        cloudPoints[round - 1] ??
        cloudPoints[Math.floor(random() * cloudPoints.length)] ??
        "blob:half";
      const say = (fault: string) => faults.push(`round ${round}, ${point}: ${fault}`);
      // A plugin of its own where it is to die while one is made; else the next version of the one that is on the board.
      const isNew = point.startsWith("plugin.create");
      const plugin = isNew ? `fresh-${round}` : "counter";
      const mark = `${round}-${Math.floor(random() * 2 ** 31).toString(36)}`;
      const packed = await pack(plugin, mark);
      // The cloud reads bytes when it takes a version in, too: here it is to die while its board does.
      const isFetch = point === "blob:read";
      if (isFetch) await createPlugin(client, packed);
      await cloud.kill("SIGTERM");
      ({ cloud, client } = await start({ S4T_FAIL_AT: point }));
      const doomed = cloud;
      let asked = 0;
      /** Undefined once the cloud is gone; a board that is not there yet, or has no such plugin, has no mark. Each call is of its own word. */
      const tryCall = async (): Promise<Counted | undefined> => {
        asked += 1;
        const parameters = { round: `${round}-`, word: `${round}-${asked}` };
        try {
          return await call(plugin, parameters);
        } catch (error) {
          if (!isS4tError(error) || error.code === "cloud.unreachable") return undefined;
          return { marks: [], words: {} };
        }
      };
      // Each step only where the cloud is still there for it: it dies in one of them, or while the board fetches.
      const way = async (): Promise<void> => {
        if (!isFetch && !(await orBroken(createPlugin(client, packed)))) return;
        if (!(await orBroken(inject(plugin)))) return;
        await until(tryCall, (came) => came === undefined || came.marks[0] === mark, settleMs);
      };
      await way();
      const late = setTimeout(() => doomed.child.kill("SIGTERM"), settleMs);
      const { signal } = await doomed.ended;
      clearTimeout(late);
      if (signal !== "SIGKILL") say("it was never there");
      died[point] = (died[point] ?? 0) + 1;

      ({ cloud, client } = await start());
      const list = async () =>
        (await cloud.call("GET", `/api/plugins/${plugin}`)).status === 404
          ? []
          : listAll(cloud, `/api/plugins/${plugin}/versions`);
      const isThere = (await list()).some(({ version }) => version === packed.version);
      if (comesBefore.has(point) === isThere) say(`its version is ${isThere ? "" : "not "}there`);
      const audit = await cloud.call("POST", "/api/audit/verify");
      if (!audit.body.intact) say(`audit: ${audit.body.because}`);
      await until(
        () => strayBlobs(data),
        (stray) => stray.length === 0,
        settleMs,
      ).catch((error: unknown) => say(String(error)));
      if (!isNew) {
        const kept = await until(
          tryCall,
          (counted) => counted !== undefined && counted.marks.length > 0,
          settleMs,
        );
        // Wholly one of the two, and each call ran at most once, answered or not.
        const [main = "", part] = kept?.marks ?? [];
        if (main !== part) say(`its files are of ${main} and of ${part}`);
        if (main !== mark && main !== old) say(`${main} is neither old nor new`);
        for (const [word, times] of Object.entries(kept?.words ?? {}))
          if (times > 1) say(`call ${word} ran ${times} times`);
      }
      // Said again it is as if nothing had been: the same version, once, and the board has it.
      await createPlugin(client, packed);
      if ((await list()).filter(({ version }) => version === packed.version).length !== 1)
        say("its version is there twice");
      await inject(plugin);
      await serves(plugin, mark);
      if (isNew) {
        const params = { uuid, plugin };
        await client.injections.remove({ params });
        await client.plugins.remove({ params: { uuid: plugin } });
      } else old = mark;
    }
    return { faults, died };
  } finally {
    await agent?.kill("SIGTERM");
    await cloud.kill("SIGTERM");
    folder.remove();
  }
};
