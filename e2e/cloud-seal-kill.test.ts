// Kills the cloud half-way through handing a project's key over to its owner: the key is wholly with one of the two, and its board
// goes on.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isS4tError } from "@s4t/kit";
import {
  type Client,
  createClient,
  createOwnerKey,
  createPlugin,
  packPlugin,
  proveKey,
  signVersion,
} from "@s4t/sdk";
import { expect, it } from "vitest";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { freePort, type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

const pack = (word: string) =>
  packPlugin([{ path: "main.mjs", bytes: Buffer.from(`export default () => "${word}";\n`) }], {
    ...({ name: "word", runtime: "node", mode: "sync", entry: "main.mjs" } as const),
  });

it.each([
  ["begun", "managed"],
  ["committed", "sealed"],
] as const)(
  "a cloud that dies when its seal has %s leaves a project that is %s, and code that runs",
  async (step, level) => {
    const folder = temporaryFolder();
    const data = join(folder.path, "cloud");
    const args = ["--port", String(await freePort())];
    let agent: RunningAgent | undefined;
    const start = async (
      env: NodeJS.ProcessEnv = {},
    ): Promise<{ cloud: RunningCloud; client: Client }> => {
      const cloud = await startCloud(data, { args, env });
      return { cloud, client: createClient({ url: cloud.url, auth: await cloud.signIn() }) };
    };
    let { cloud, client } = await start();
    try {
      const { uuid, enrolment } = await registerBoard(cloud, "lamp");
      agent = startAgent(join(folder.path, "lamp"), ["--enrol", enrolment]);
      await until(agent.said, (text) => text.includes("Joined"), 30_000);
      const params = { uuid, plugin: "word" };
      const says = (word: string) =>
        until(
          () =>
            client.injections
              .call({ params, wait: 20, body: {} })
              .then(({ result }) => (result as { result?: unknown } | null)?.result)
              .catch(() => undefined),
          (answer) => answer === word,
          60_000,
        );
      const one = await pack("one");
      const { plugin } = await createPlugin(client, one);
      const project = { params: { uuid: plugin.project } };
      await client.injections.inject({ params, body: {} });
      await says("one");
      const before = (await client.projectKeys.show(project)).key;
      const secrets = () => readdirSync(join(data, "keys"));
      expect(secrets()).toEqual([before]);
      const key = await createOwnerKey();
      const seal = async () =>
        client.projectKeys.seal({
          ...project,
          body: {
            key: key.publicKey,
            proof: await proveKey(key),
            signatures: { [one.version]: (await signVersion(one.version, key)).signature },
          },
        });

      await cloud.kill("SIGTERM");
      ({ cloud, client } = await start({ S4T_FAIL_AT: `project.seal:${step}` }));
      const broken: unknown = await seal().catch((error: unknown) => error);
      expect(isS4tError(broken) && broken.code, String(broken)).toBe("cloud.unreachable");
      expect((await cloud.ended).signal).toBe("SIGKILL");
      // Whoever took the disk now would find it; the next start destroys what was given up.
      expect(secrets()).toEqual([before]);

      ({ cloud, client } = await start());
      const shown = await client.projectKeys.show(project);
      expect(shown).toMatchObject({ level, key: level === "sealed" ? key.publicKey : before });
      expect(secrets()).toEqual(level === "sealed" ? [] : [before]);
      await says("one");
      // Said again: done now, or done already.
      const again: unknown = await seal().catch((error: unknown) => error);
      expect(isS4tError(again) ? again.code : "done").toBe(
        level === "sealed" ? "project.sealed" : "done",
      );
      expect(secrets()).toEqual([]);
      const two = await pack("two");
      const unsigned: unknown = await createPlugin(client, two).catch((error: unknown) => error);
      expect(isS4tError(unsigned) && unsigned.code, String(unsigned)).toBe("plugin.unsigned");
      await createPlugin(client, two, { key });
      await client.injections.inject({ params, body: { version: "latest" } });
      await says("two");
      expect((await cloud.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
    } finally {
      await agent?.kill("SIGTERM");
      await cloud.kill("SIGTERM");
      folder.remove();
    }
  },
  180_000,
);
