// The agent as one file, on every Node that a board may have.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, createClient, createPlugin, openShell, packPlugin } from "@s4t/sdk";
import { nodeDialWay } from "@s4t/sdk/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runtimePath, triedRuntimes } from "../scripts/real/runtimes.ts";
import { root } from "../scripts/repository.ts";
import { registerBoard, startAgent } from "./agent.ts";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

const folder = temporaryFolder();
let cloud: RunningCloud;
let client: Client;
const hellos = { node: "hello.mjs", python: "hello.py" } as const;
beforeAll(async () => {
  cloud = await startCloud(join(folder.path, "cloud"), { args: ["--listen", "127.0.0.2"] });
  client = createClient({ url: cloud.url, auth: await cloud.signIn() });
  for (const [runtime, entry] of Object.entries(hellos)) {
    const bytes = readFileSync(join(root, "examples/hello", entry));
    const manifest = {
      name: runtime,
      runtime: runtime as keyof typeof hellos,
      mode: "sync",
    } as const;
    await createPlugin(client, await packPlugin([{ path: entry, bytes }], { ...manifest, entry }));
  }
});
afterAll(async () => {
  await cloud.kill("SIGTERM");
  folder.remove();
});

/** What a shell on the board says to a script, and how it ends. */
const inShell = async (board: string, script: string) => {
  let said = "";
  const shell = await openShell(client, {
    ...{ board, dial: nodeDialWay({ url: cloud.url }), cols: 101, rows: 33 },
    onData: (bytes, shown) => {
      said += Buffer.from(bytes).toString();
      shown();
    },
  });
  shell.write(script);
  return { end: await shell.ended, said };
};

const nodes: readonly (readonly [release: string, path: string])[] = [
  ...triedRuntimes.map((release) => [release, runtimePath(release)] as const),
  [process.versions.node, process.execPath],
];

it.each(nodes)("enrols, measures and answers on Node %s, over TLS", async (release, path) => {
  expect(execFileSync(path, ["--version"], { encoding: "utf8" }).trim()).toBe(`v${release}`);
  const { uuid, enrolment } = await registerBoard(cloud, `on-${release}`);
  const agent = startAgent(join(folder.path, release), ["--enrol", enrolment], path);
  const get = async (what = "") => (await cloud.call("GET", `/api/boards/${uuid}${what}`)).body;
  try {
    await until(get, ({ status }) => status === "online", 20_000);
    expect((await cloud.call("POST", `/api/boards/${uuid}/ping`, {})).status).toBe(200);
    expect(JSON.stringify(await get("/info"))).toContain(release);
    await until(
      async () => (await get("/series")).items,
      (items) => items?.some(({ latest }: { latest: unknown }) => latest !== null),
      20_000,
    );
    await until(
      async () => (await get("/target")).reached,
      (reached) => reached >= 1,
      10_000,
    );
    // A setting that changes is reached, and survives the agent's restart.
    await cloud.call("PATCH", `/api/boards/${uuid}/settings`, { sensors: { storeEveryS: 30 } });
    await until(
      async () => (await get("/target")).reached,
      (reached) => reached >= 2,
      10_000,
    );
    // It holds plugins of both languages, and can be reached into.
    for (const runtime of Object.keys(hellos)) {
      await cloud.call("PUT", `/api/boards/${uuid}/plugins/${runtime}`, {});
      const answer = await until(
        () =>
          cloud.call(
            "POST",
            `/api/boards/${uuid}/plugins/${runtime}/call`,
            { parameters: { name: release } },
            { prefer: "wait=20" },
          ),
        ({ body }) => body.status === "done",
        30_000,
      );
      expect(JSON.stringify(answer.body.result)).toContain(release);
    }
    expect(await inShell(uuid, `stty size; echo on-$((40 + 2)); exit 5\n`)).toEqual({
      said: expect.stringMatching(/33 101\r\n(?:.*\r\n)*on-42/),
      end: { code: 5, signal: null },
    });
  } finally {
    expect(await agent.kill("SIGTERM")).toBe(0);
  }
  expect(agent.said()).not.toMatch(/SyntaxError|TypeError|Warning/);
});
