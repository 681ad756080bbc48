// Kills an agent at each named step of an injection, and looks at what is left: the plugin wholly old or wholly new, and never two of
// it at once. The plugin is a server on a port of its own: a second one beside it could not start.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seeded } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import { createClient, createPlugin, packPlugin } from "@s4t/sdk";
import { registerBoard, startAgent } from "./agent.ts";
import { freePort, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

/** Every step that has a name. */
export const injectPoints = [
  "ticket",
  "downloaded",
  "unpacked",
  "renamed",
  "old-stopped",
  "noted",
] as const;

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

const pack = (port: number, word: string) =>
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
      versions.push((await createPlugin(client, await pack(port, word))).version.version);
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
    for (let round = 0; round < rounds; round += 1) {
      const point =
        injectPoints[round] ?? injectPoints[Math.floor(random() * injectPoints.length)] ?? "ticket";
      await agent.kill("SIGTERM");
      const wanted = versions[(round + 1) % 2];
      await inject(wanted);
      const doomed = startAgent(data, [], process.execPath, { S4T_FAIL_AT: point });
      const late = setTimeout(() => doomed.child.kill("SIGTERM"), settleMs);
      await doomed.ended;
      clearTimeout(late);
      if (doomed.child.signalCode !== "SIGKILL") faults.push(`round ${round}: never at ${point}`);
      died[point] = (died[point] ?? 0) + 1;
      faults.push(...faultsOf(data, versions).map((fault) => `round ${round}, ${point}: ${fault}`));
      agent = startAgent(data);
      await runs(wanted);
    }
    return { faults, died };
  } finally {
    await agent?.kill("SIGTERM");
    await cloud.kill("SIGTERM");
    folder.remove();
  }
};
