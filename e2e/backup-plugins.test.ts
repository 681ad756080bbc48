// Backup and restore where plugins are: made while bytes come and go, and brought back on a new folder that a board goes on with.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { sha256Hex } from "@s4t/kit/node";
import { type Client, createClient, createPlugin, type PackedPlugin, packPlugin } from "@s4t/sdk";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { askDatabase } from "./database.ts";
import { freePort, listAll, type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

let folder: ReturnType<typeof temporaryFolder>;
const running: RunningCloud[] = [];
let agent: RunningAgent | undefined;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await agent?.kill("SIGTERM");
  agent = undefined;
  for (const cloud of running.splice(0)) await cloud.kill("SIGTERM");
  folder.remove();
});

const start = async (name: string, port: number): Promise<RunningCloud> => {
  const cloud = await startCloud(join(folder.path, name), { args: ["--port", String(port)] });
  running.push(cloud);
  return cloud;
};
const signIn = async (cloud: RunningCloud): Promise<Client> =>
  createClient({ url: cloud.url, auth: await cloud.signIn() });
/** A plugin that answers with a word, and bytes beside it that no packing makes smaller. */
const pack = (name: string, word: string, ballast = 0): Promise<PackedPlugin> =>
  packPlugin(
    [
      { path: "main.mjs", bytes: Buffer.from(`export default () => "${word}";\n`) },
      { path: "ballast", bytes: randomBytes(ballast) },
    ],
    { name, runtime: "node", mode: "sync", entry: "main.mjs" },
  );
const backup = async ({ url }: RunningCloud, token: string): Promise<Buffer> => {
  const answer = await fetch(`${url}/api/backup`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
};
const restore = async (cloud: RunningCloud, bytes: Buffer): Promise<Client> => {
  const answer = await fetch(`${cloud.url}/api/backup`, {
    method: "PUT",
    headers: {
      authorization: `Bearer ${await cloud.signIn()}`,
      "content-type": "application/octet-stream",
    },
    body: new Uint8Array(bytes),
  });
  expect(answer.status, await answer.text()).toBeLessThan(300);
  const lives = () => cloud.said().split("is running").length - 1;
  await until(lives, (count) => count === 2, 30_000);
  return until(
    () => signIn(cloud).catch(() => undefined),
    (client) => client !== undefined,
    15_000,
  ) as Promise<Client>;
};

/** Stores and removes plugins until it is told to stop; answers what is there for good, by version. */
const write = async (
  client: Client,
  writer: number,
  isOver: () => boolean,
  stays: Set<string>,
): Promise<void> => {
  for (let i = 0; !isOver(); i += 1) {
    const packed = await pack(`p-${writer}-${i % 5}`, `${i}`, 50_000 + 20_000 * (i % 4));
    await createPlugin(client, packed);
    stays.add(packed.version);
    // Bytes that nobody ever names, and a plugin that goes at once: what is swept beside it.
    const lost = randomBytes(30_000);
    await client.blobs.put({
      params: { sha256: sha256Hex(lost) },
      bytes: new Blob([lost]).stream(),
    });
    await createPlugin(client, await pack(`gone-${writer}`, `${i}`, 30_000));
    await client.plugins.remove({ params: { uuid: `gone-${writer}` } });
  }
};

it("a copy made while plugins are stored and removed has every version that was answered before it, and none without its bytes", async () => {
  const cloud = await start("one", await freePort());
  const client = await signIn(cloud);
  const token = await cloud.signIn();
  const stays = new Set<string>();
  let over = false;
  const writing = [0, 1, 2].map((writer) => write(client, writer, () => over, stays));
  const copies: { readonly before: ReadonlySet<string>; readonly bytes: Buffer }[] = [];
  try {
    for (let round = 0; round < 3; round += 1) {
      const known = stays.size;
      await until(
        () => stays.size,
        (count) => count >= known + 6,
        30_000,
      );
      copies.push({ before: new Set(stays), bytes: await backup(cloud, token) });
    }
  } finally {
    over = true;
    await Promise.all(writing);
  }
  expect(stays.size).toBeGreaterThan(copies.at(-1)?.before.size ?? 0);
  for (const [round, { before, bytes }] of copies.entries()) {
    const other = await start(`copy-${round}`, await freePort());
    await restore(other, bytes);
    const found = new Set<string>();
    for (const { name } of await listAll(other, "/api/plugins"))
      for (const { version, manifest } of await listAll(other, `/api/plugins/${name}/versions`)) {
        const content = await fetch(
          `${other.url}/api/plugins/${name}/versions/${version}/content`,
          { headers: { authorization: `Bearer ${await other.signIn()}` } },
        );
        const sum = sha256Hex(Buffer.from(await content.arrayBuffer()));
        expect([name, version, sum]).toEqual([name, version, manifest.blob.sha256]);
        found.add(version);
      }
    expect([...before].filter((version) => !found.has(version))).toEqual([]);
    expect((await other.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
    await other.kill("SIGTERM");
  }
}, 180_000);

it("brought back on a new folder, a cloud goes on with its board, and puts plugins on it", async () => {
  const port = await freePort();
  const old = await start("old", port);
  const before = await signIn(old);
  const { uuid, enrolment } = await registerBoard(old, "lamp");
  agent = startAgent(join(folder.path, "lamp"), ["--enrol", enrolment]);
  await until(agent.said, (text) => text.includes("Joined"), 30_000);
  const says = (client: Client, plugin: string, word: string) =>
    until(
      () =>
        client.injections
          .call({ params: { uuid, plugin }, wait: 20, body: {} })
          .then(({ result }) => (result as { result?: unknown } | null)?.result)
          .catch(() => undefined),
      (answer) => answer === word,
      60_000,
    );
  const inject = (client: Client, plugin: string) =>
    client.injections.inject({ params: { uuid, plugin }, body: { version: "latest" } });
  await createPlugin(before, await pack("word", "one"));
  await createPlugin(before, await pack("spare", "kept"));
  await inject(before, "word");
  await says(before, "word", "one");
  const copy = await backup(old, await old.signIn());
  await old.kill("SIGTERM");

  // Out of its board's reach until it is the cloud that the board knows: a stranger at the old address would turn it away for good.
  const stranger = await start("fresh", await freePort());
  await restore(stranger, copy);
  await stranger.kill("SIGTERM");
  const client = await signIn(await start("fresh", port));
  await says(client, "word", "one");
  // What was only stored is whole, what comes anew is signed by the key that the board knows.
  await inject(client, "spare");
  await says(client, "spare", "kept");
  await createPlugin(client, await pack("word", "two"));
  await inject(client, "word");
  await says(client, "word", "two");
  const wanted = (
    await askDatabase(
      join(folder.path, "fresh"),
      "select blob from plugins_versions union select blob from plugins_uploads",
    )
  ).map((row) => String(row.blob));
  expect(wanted.length).toBe(3);
}, 180_000);
