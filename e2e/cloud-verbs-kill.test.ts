// Kills the cloud in and right after the transaction of each verb about a plugin that is there: stopped, started, taken off, removed.
// Each is done twice, and the cloud that comes back is the one that dies at the next step: at `begun` nothing has happened, at
// `committed` it is on record once. What is asked of a board is lost with the cloud that asked: the plugin goes on as it was, once.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isS4tError } from "@s4t/kit";
import { type Client, createClient, createPlugin, packPlugin } from "@s4t/sdk";
import { expect, it } from "vitest";
import { registerBoard, startAgent } from "./agent.ts";
import type { VerbAction } from "./cloud-inject-kill.ts";
import { askDatabase } from "./database.ts";
import { freePort, startCloud, temporaryFolder } from "./program.ts";
import { processesOf, until } from "./s4t.ts";

/** Longest until a board has what is wanted. */
const settleMs = 60_000;

const server = (port: number) => `import { createServer } from "node:net";
export default async (_, { signal }) => {
  const server = createServer((socket) => socket.end());
  await new Promise((resolve, reject) => server.once("error", reject).listen(${port}, "127.0.0.1", resolve));
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  server.close();
};
`;
const pack = (name: string, mode: "sync" | "async", text: string) =>
  packPlugin([{ path: "main.mjs", bytes: new TextEncoder().encode(text) }], {
    ...{ name, runtime: "node", mode, entry: "main.mjs" },
  });

interface Verb {
  readonly ask: () => Promise<unknown>;
  /** Whether it has happened, as the cloud has it, or the board. */
  readonly isDone: () => Promise<boolean>;
  /** Whether it is done by the board, which a cloud that dies does not ask any more. */
  readonly isAsked?: true;
}

it("a cloud killed in each verb about a plugin that is there has done it wholly or not at all, and its board runs it once, or not", async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, "cloud");
  const home = join(folder.path, "agent");
  const args = ["--port", String(await freePort())];
  let cloud = await startCloud(data, { args });
  let client: Client = createClient({ url: cloud.url, auth: await cloud.signIn() });
  const { uuid, enrolment } = await registerBoard(cloud, "steady");
  const agent = startAgent(home, ["--enrol", enrolment]);
  try {
    await until(agent.said, (text) => text.includes("Joined"), settleMs);
    const restart = async (at?: string): Promise<void> => {
      cloud = await startCloud(data, { args, env: at === undefined ? {} : { S4T_FAIL_AT: at } });
      client = createClient({ url: cloud.url, auth: await cloud.signIn() });
    };
    const params = { uuid, plugin: "server" };
    const shelf = { params: { uuid: "shelf" } };
    const first = { params: { uuid: "shelf", version: "1" } };
    const ask = { params, wait: 20, body: {} };
    const status = () =>
      until(
        () => client.injections.status({ params }).catch(() => undefined),
        (now) => now !== undefined && now.state !== "stopping" && now.state !== "preparing",
        settleMs,
      );
    /** Numbers of its processes: where one was started anew, it is another. */
    const own = () => processesOf(join(home, "plugins")).map((each) => Number.parseInt(each, 10));
    const hasProcesses = (count: number) => until(own, ({ length }) => length === count, settleMs);
    const entries = async (action: string) =>
      (await askDatabase(data, `select action from audit_entries where action = '${action}'`))
        .length;
    const shelved = async () => (await cloud.call("GET", "/api/plugins/shelf/versions")).body.items;

    await createPlugin(client, await pack("server", "async", server(await freePort())));
    for (const word of ["one", "two"])
      await createPlugin(client, await pack("shelf", "sync", `export default () => "${word}";`));
    await client.injections.inject({ params, body: { onBoot: true } });
    await until(
      () => client.injections.status({ params }).catch(() => undefined),
      (now) => now?.state === "running",
      settleMs,
    );
    await hasProcesses(1);
    let running = own();
    let signed = 0;

    const verbs: Readonly<Record<VerbAction, Verb>> = {
      "injection.stop": {
        ask: () => client.injections.stop(ask),
        isDone: async () => (await status())?.state === "ready",
        isAsked: true,
      },
      "injection.start": {
        ask: () => client.injections.start(ask),
        isDone: async () => (await status())?.state === "running",
        isAsked: true,
      },
      "injection.restart": {
        ask: () => client.injections.restart(ask),
        isDone: async () => own()[0] !== running[0],
        isAsked: true,
      },
      "plugin.update": {
        ask: () => client.plugins.update({ ...shelf, body: { description: "kept" } }),
        isDone: async () => (await client.plugins.show(shelf)).description === "kept",
      },
      "plugin.sign": {
        async ask() {
          const { signature } = await client.plugins.version(first);
          if (signature) await client.plugins.sign({ ...first, body: signature });
        },
        isDone: async () => (await entries("plugin.sign")) > signed,
      },
      "plugin.remove-version": {
        ask: () => client.plugins.removeVersion(first),
        isDone: async () => (await shelved()).length === 1,
      },
      "plugin.remove": {
        ask: () => client.plugins.remove(shelf),
        isDone: async () => (await cloud.call("GET", "/api/plugins/shelf")).status === 404,
      },
      "injection.remove": {
        ask: () => client.injections.remove({ params }),
        isDone: async () => (await client.injections.list({ params: { uuid } })).items.length === 0,
      },
    };
    const order = Object.keys(verbs) as VerbAction[];
    await cloud.kill("SIGTERM");
    await restart(`${order[0]}:begun`);
    await status();
    for (const [at, action] of order.entries()) {
      const verb = verbs[action];
      const noted = await entries(action);
      signed = await entries("plugin.sign");
      const next = order[at + 1];
      for (const step of ["begun", "committed"] as const) {
        const died = await verb.ask().then(
          () => "done",
          (error: unknown) => (isS4tError(error) ? error.code : String(error)),
        );
        expect([action, step, died]).toEqual([action, step, "cloud.unreachable"]);
        expect((await cloud.ended).signal).toBe("SIGKILL");
        await restart(step === "begun" ? `${action}:committed` : next && `${next}:begun`);
        const isOn = step === "committed";
        expect([action, step, await entries(action)]).toEqual([
          action,
          step,
          noted + (isOn ? 1 : 0),
        ]);
        const isDone = await verb.isDone();
        expect([action, step, isDone]).toEqual([action, step, isOn && !verb.isAsked]);
        // What the board was not told it has not done.
        if (verb.isAsked) {
          // Only once its board is there again can it be asked.
          await status();
          expect(own()).toEqual(running);
        }
      }
      if (!verb.isAsked) continue;
      await verb.ask();
      expect(await verb.isDone()).toBe(true);
      running = await hasProcesses((await status())?.state === "running" ? 1 : 0);
    }
    // The board follows: no record, no files, no process of what was taken off.
    await until(
      () => JSON.parse(readFileSync(join(home, "plugins.json"), "utf8")),
      (kept) => !Object.hasOwn(kept, "server"),
      settleMs,
    );
    await hasProcesses(0);
    for (const name of ["versions", "state", "blobs"]) {
      const left = join(home, "plugins", name);
      expect(existsSync(left) ? readdirSync(left) : []).toEqual([]);
    }
    expect((await cloud.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
  } finally {
    await agent.kill("SIGTERM");
    await cloud.kill("SIGTERM");
    folder.remove();
  }
}, 300_000);
