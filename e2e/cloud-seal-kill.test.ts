// Kills the cloud half-way through putting another key in the place of a project's: its owner's, for good, or the next one of its
// own. The key is wholly the one or the other, the versions are signed by it as a whole, and the board goes on.
import { readdirSync, readFileSync } from "node:fs";
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
  verifyVersion,
} from "@s4t/sdk";
import { expect, it } from "vitest";
import { registerBoard, startAgent } from "./agent.ts";
import { freePort, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

const pack = (word: string) =>
  packPlugin([{ path: "main.mjs", bytes: Buffer.from(`export default () => "${word}";\n`) }], {
    ...({ name: "word", runtime: "node", mode: "sync", entry: "main.mjs" } as const),
  });

const codeOf = (error: unknown): string => (isS4tError(error) ? error.code : String(error));

/** A cloud with a board that answers "one" by the plugin's first version. */
const openStage = async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, "cloud");
  const home = join(folder.path, "lamp");
  const args = ["--port", String(await freePort())];
  let cloud = await startCloud(data, { args });
  let client: Client = createClient({ url: cloud.url, auth: await cloud.signIn() });
  const { uuid, enrolment } = await registerBoard(cloud, "lamp");
  const agent = startAgent(home, ["--enrol", enrolment]);
  await until(agent.said, (text) => text.includes("Joined"), 30_000);
  const params = { uuid, plugin: "word" };
  const one = await pack("one");
  const { plugin } = await createPlugin(client, one);
  const project = { params: { uuid: plugin.project } };
  await client.injections.inject({ params, body: {} });

  const restart = async (env: NodeJS.ProcessEnv = {}): Promise<void> => {
    cloud = await startCloud(data, { args, env });
    client = createClient({ url: cloud.url, auth: await cloud.signIn() });
  };
  return {
    ...{ params, one, project, restart },
    client: () => client,
    key: () => client.projectKeys.show(project),
    secrets: () => readdirSync(join(data, "keys")).sort(),
    /** The key that the board trusts. */
    pinned: (): string => JSON.parse(readFileSync(join(home, "project-key.json"), "utf8")).key,
    says: (word: string) =>
      until(
        () =>
          client.injections
            .call({ params, wait: 20, body: {} })
            .then(({ result }) => (result as { result?: unknown } | null)?.result)
            .catch(() => undefined),
        (answer) => answer === word,
        60_000,
      ),
    isIntact: async () => (await cloud.call("POST", "/api/audit/verify")).body,
    /** The same cloud, that dies at this point of `work`. */
    async dieAt(point: string, work: () => Promise<unknown>): Promise<void> {
      await cloud.kill("SIGTERM");
      await restart({ S4T_FAIL_AT: point });
      expect(await work().then(() => "done", codeOf)).toBe("cloud.unreachable");
      expect((await cloud.ended).signal).toBe("SIGKILL");
    },
    async end(): Promise<void> {
      await agent.kill("SIGTERM");
      await cloud.kill("SIGTERM");
      folder.remove();
    },
  };
};

it.each([
  ["begun", "managed"],
  ["committed", "sealed"],
] as const)(
  "a cloud that dies when its seal has %s leaves a project that is %s, and code that runs",
  async (step, level) => {
    const stage = await openStage();
    const { params, one, project, key, secrets, says } = stage;
    try {
      await says("one");
      const before = (await key()).key;
      expect(secrets()).toEqual([before]);
      const owner = await createOwnerKey();
      const seal = async () =>
        stage.client().projectKeys.seal({
          ...project,
          body: {
            key: owner.publicKey,
            proof: await proveKey(owner),
            signatures: { [one.version]: (await signVersion(one.version, owner)).signature },
          },
        });
      await stage.dieAt(`project.seal:${step}`, seal);
      // Whoever took the disk now would find it; the next start destroys what was given up.
      expect(secrets()).toEqual([before]);

      await stage.restart();
      expect(await key()).toMatchObject({
        ...{ level, key: level === "sealed" ? owner.publicKey : before },
      });
      expect(secrets()).toEqual(level === "sealed" ? [] : [before]);
      await says("one");
      // Said again: done now, or done already.
      expect(await seal().then(() => "done", codeOf)).toBe(
        level === "sealed" ? "project.sealed" : "done",
      );
      expect(secrets()).toEqual([]);
      const two = await pack("two");
      expect(await createPlugin(stage.client(), two).then(() => "done", codeOf)).toBe(
        "plugin.unsigned",
      );
      await createPlugin(stage.client(), two, { key: owner });
      await stage.client().injections.inject({ params, body: { version: "latest" } });
      await says("two");
      expect(await stage.isIntact()).toMatchObject({ intact: true });
    } finally {
      await stage.end();
    }
  },
  180_000,
);

it.each([
  ["begun", 1],
  ["committed", 2],
] as const)(
  "a cloud that dies when its change of the key has %s has wholly its key number %i, by which all versions are signed, and which the board follows",
  async (step, number) => {
    const stage = await openStage();
    const { params, project, key, secrets, says } = stage;
    try {
      await createPlugin(stage.client(), await pack("two"));
      await says("one");
      const before = (await key()).key;
      const rekey = () => stage.client().projectKeys.rekey({ ...project, body: {} });
      await stage.dieAt(`project.rekey:${step}`, rekey);
      // The next key's secret was on the disk before anybody could rely on it.
      expect(secrets()).toHaveLength(2);
      expect(secrets()).toContain(before);

      const isWhole = async (): Promise<string> => {
        const present = await key();
        expect(secrets()).toEqual([present.key]);
        const { items } = await stage
          .client()
          .plugins.versions({ params: { uuid: "word" }, query: {} });
        expect(items).toHaveLength(2);
        for (const { version, signature } of items) {
          expect(signature?.key).toBe(present.key);
          expect(signature && (await verifyVersion(version, signature))).toBe(true);
        }
        return present.key;
      };
      await stage.restart();
      expect(await key()).toMatchObject({ level: "managed", number });
      const after = await isWhole();
      await until(stage.pinned, (pinned) => pinned === after, 60_000);
      expect(after === before).toBe(number === 1);
      await says("one");
      // Said again it is another one: nothing of the first try is in the way.
      await rekey();
      expect(await key()).toMatchObject({ number: number + 1 });
      const last = await isWhole();
      expect(last).not.toBe(after);
      await until(stage.pinned, (pinned) => pinned === last, 30_000);
      await stage.client().injections.inject({ params, body: { version: "latest" } });
      await says("two");
      expect(await stage.isIntact()).toMatchObject({ intact: true });
    } finally {
      await stage.end();
    }
  },
  180_000,
);
