// Kills an agent at each named step of what is done with a plugin: put there, started, stopped, taken off. What is left is the plugin
// wholly old or wholly new, there or gone, and never two of it at once: it is a server on a port of its own, beside which a second
// one could not start, and no process of it is left where it is gone.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seeded } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import { createClient, createPlugin, packPlugin } from "@s4t/sdk";
import type { PluginPoint } from "../apps/lightning-rod/src/features/plugins/plugins.ts";
import { registerBoard, startAgent } from "./agent.ts";
import { freePort, startCloud, temporaryFolder } from "./program.ts";
import { processesOf, until } from "./s4t.ts";

/** Every step that has a name, and what is done when it is come to: a new one without is a type error. */
const killedIn = {
  ticket: "inject",
  downloaded: "inject",
  unpacked: "inject",
  renamed: "inject",
  "old-stopped": "inject",
  noted: "inject",
  starting: "start",
  started: "start",
  stopping: "stop",
  stopped: "stop",
  removing: "remove",
  "removal-stopped": "remove",
  "removal-noted": "remove",
  "removal-swept": "remove",
} as const satisfies Record<PluginPoint, string>;
export const injectPoints = Object.keys(killedIn) as PluginPoint[];

/** Those of a removal after which the plugin is still there. */
const comesBeforeGone: ReadonlySet<PluginPoint> = new Set(["removing", "removal-stopped"]);

/** Longest until an agent has come to its step, or has what is wanted. */
const settleMs = 30_000;

const sourceOf = (port: number, word: string): string => `import { createServer } from "node:net";
export default async (_, { signal }) => {
  const server = createServer((socket) => socket.end("${word}"));
  await new Promise((resolve, reject) => server.once("error", reject).listen(${port}, "127.0.0.1", resolve));
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  server.close();
};
`;

export const packServer = (port: number, word: string) =>
  packPlugin([{ path: "main.mjs", bytes: new TextEncoder().encode(sourceOf(port, word)) }], {
    ...{ name: "server", runtime: "node", mode: "async", entry: "main.mjs" },
  });

interface Noted {
  readonly version: string;
  readonly manifest: { readonly files: readonly { path: string; sha256: string }[] };
}

/** What the agent would start with, if its cloud were gone: one version, all of it as it was signed. */
const faultsOf = (data: string, allowed: readonly string[]): string[] => {
  const file = join(data, "plugins.json");
  const { server } = JSON.parse(readFileSync(file, "utf8")) as { server?: Noted };
  if (!server) return ["nothing is noted any more"];
  if (!allowed.includes(server.version)) return [`${server.version} is neither old nor new`];
  const folder = join(data, "plugins/versions", server.version);
  if (!existsSync(folder)) return ["what is noted is not on the disk"];
  return server.manifest.files.flatMap(({ path, sha256 }) =>
    sha256Hex(readFileSync(join(folder, path))) === sha256 ? [] : [`${path} is mixed`],
  );
};

/** What a plugin that is taken off has left, in words. */
export const leftOf = (data: string): string[] => {
  const listed = ["versions", "state", "blobs"].flatMap((name) => {
    const folder = join(data, "plugins", name);
    return existsSync(folder) ? readdirSync(folder).map((entry) => `${name}/${entry}`) : [];
  });
  const isNoted = Object.hasOwn(
    JSON.parse(readFileSync(join(data, "plugins.json"), "utf8")),
    "server",
  );
  return [...listed, ...(isNoted ? ["its record"] : [])];
};

export interface InjectKillReport {
  readonly faults: readonly string[];
  /** How often each step was died at. */
  readonly died: Readonly<Record<string, number>>;
}

/** Kills `rounds` agents, each on the way to another version; the steps in turn, then by chance. */
export const killInjections = async (rounds: number, seed: number): Promise<InjectKillReport> => {
  const random = seeded(seed);
  const folder = temporaryFolder();
  const cloud = await startCloud(join(folder.path, "cloud"));
  const data = join(folder.path, "agent");
  const faults: string[] = [];
  const died: Record<string, number> = {};
  let agent: ReturnType<typeof startAgent> | undefined;
  try {
    const client = createClient({ url: cloud.url, auth: await cloud.signIn() });
    const { uuid, enrolment } = await registerBoard(cloud, "doomed");
    const params = { uuid, plugin: "server" };
    const port = await freePort();
    const versions: string[] = [];
    for (const word of ["one", "two"])
      versions.push((await createPlugin(client, await packServer(port, word))).version.version);
    const inject = (version = "") =>
      client.injections.inject({ params, body: { version, onBoot: true } });
    const runs = (version: string | undefined) =>
      until(
        () => client.injections.status({ params }).catch((error: unknown) => ({ error })),
        (now) => "state" in now && now.state === "running" && now.version === version,
        settleMs,
      );
    agent = startAgent(data, ["--enrol", enrolment]);
    await until(agent.said, (text) => text.includes("Joined"), settleMs);
    await inject(versions[0]);
    await runs(versions[0]);
    const hasProcesses = (count: number) =>
      until(
        () => processesOf(join(data, "plugins")),
        (seen) => seen.length === count,
        settleMs,
      );
    await hasProcesses(1);
    let present = versions[0];
    for (let round = 0; round < rounds; round += 1) {
      const point =
        injectPoints[round] ?? injectPoints[Math.floor(random() * injectPoints.length)] ?? "ticket";
      const verb = killedIn[point];
      const say = (fault: string) => faults.push(`round ${round}, ${point}: ${fault}`);
      await agent.kill("SIGTERM");
      const other = versions.find((version) => version !== present);
      if (verb === "inject") await inject(other);
      if (verb === "remove") await client.injections.remove({ params });
      const doomed = startAgent(data, [], process.execPath, { S4T_FAIL_AT: point });
      const late = setTimeout(() => doomed.child.kill("SIGTERM"), settleMs);
      if (verb === "start" || verb === "stop") {
        // It runs with its agent: it is stopped first where it is to be started.
        await runs(present);
        const ask = { params, wait: 20, body: {} };
        await client.injections.stop(ask).catch(() => {});
        if (verb === "start") await client.injections.start(ask).catch(() => {});
      }
      await doomed.ended;
      clearTimeout(late);
      if (doomed.child.signalCode !== "SIGKILL") say("it was never there");
      died[point] = (died[point] ?? 0) + 1;
      const isGone = verb === "remove" && !comesBeforeGone.has(point);
      if (!isGone) faultsOf(data, verb === "inject" ? versions : [present ?? ""]).forEach(say);
      else if (leftOf(data).includes("its record")) say("it is still on record");
      if (point === "removal-swept") leftOf(data).forEach(say);
      agent = startAgent(data);
      if (verb === "remove") {
        await until(agent.said, (text) => text.includes("Joined"), settleMs);
        await until(
          () => leftOf(data),
          (left) => left.length === 0,
          settleMs,
        );
        await hasProcesses(0);
        const { items } = await client.injections.list({ params: { uuid } });
        if (items.length > 0) say("its cloud still lists it");
        await inject(other);
      }
      if (verb === "inject" || verb === "remove") present = other;
      // On boot it runs, once, whatever it was told to before.
      await runs(present);
      await hasProcesses(1);
    }
    return { faults, died };
  } finally {
    await agent?.kill("SIGTERM");
    await cloud.kill("SIGTERM");
    folder.remove();
  }
};
