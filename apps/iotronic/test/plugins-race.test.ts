// What two people do at once about one version of a plugin: one of them is heard, and no board is told of what is gone. On the
// database that the run is about.
import { cloudProcedures, type TargetPlugin } from "@s4t/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Answered } from "./cloud.ts";
import { create, openPluginStage, type Packed, pack, upload } from "./plugin.ts";

/** Enough that they meet at each of their steps. */
const rounds = 40;
let stage: Awaited<ReturnType<typeof openPluginStage>>;

beforeAll(async () => {
  stage = await openPluginStage();
}, 60_000);
afterAll(() => stage?.close());

const ask = (method: string, path: string, body?: unknown) =>
  stage.cloud.call(method, path, { token: stage.cloud.admin, ...(body ? { body } : {}) });
const inject = (name: string, version: string) =>
  ask("PUT", `/api/boards/b1/plugins/${name}`, { version });
const takeOff = (name: string) => ask("DELETE", `/api/boards/b1/plugins/${name}`);
const add = async (packed: Packed) => {
  await upload(stage.cloud, packed);
  const { manifest } = packed;
  const added = await ask("POST", `/api/plugins/${manifest.name}/versions`, { manifest });
  expect(added.status, added.text).toBe(201);
};
/** Versions that the board's target names. */
const inTarget = async (): Promise<string[]> => {
  const asked = { have: {}, jobsAfter: 0 };
  const { target } = (await stage.session.ask(cloudProcedures.targetGet, asked)) as {
    target: { sections: { plugins?: { entries: { value: TargetPlugin }[] } } };
  };
  return target.sections.plugins?.entries.map(({ value }) => value.version) ?? [];
};

/** What came of both: at once with the second a little later each round, and in the first two rounds one after the other. */
const atOnce = async (
  round: number,
  inject: () => Promise<Answered>,
  remove: () => Promise<Answered>,
): Promise<string> => {
  const later = async () => {
    await new Promise((resolve) => setTimeout(resolve, round / 2));
    return remove();
  };
  if (round === 1) return outcomeOf(await inject(), await remove());
  const removed = round === 2 ? await remove() : later();
  return outcomeOf(await inject(), await removed);
};
const outcomeOf = (injected: Answered, removed: Answered): string =>
  `${injected.code ?? injected.status} ${removed.code ?? removed.status}`;

it("an injection of a version and its removal: one of them is heard", async () => {
  const name = "worker";
  expect((await create(stage.cloud, pack(name, { "main.js": "0" }))).status).toBe(201);
  const seen = new Set<string>();
  for (let round = 1; round <= rounds; round += 1) {
    await add(pack(name, { "main.js": String(round) }));
    const { version } = (await ask("GET", `/api/plugins/${name}/versions/${round}`)).body;
    const outcome = await atOnce(
      round,
      () => inject(name, String(round)),
      () => ask("DELETE", `/api/plugins/${name}/versions/${round}`),
    );
    seen.add(outcome);
    const isThere = (await ask("GET", `/api/plugins/${name}/versions/${round}`)).status === 200;
    expect([isThere, await inTarget()], outcome).toEqual([
      outcome.startsWith("200"),
      isThere ? [version] : [],
    ]);
    if (isThere) expect((await takeOff(name)).status).toBe(204);
  }
  expect([...seen].sort()).toEqual(["200 plugin.version-in-use", "plugin.version-not-found 204"]);
}, 120_000);

it("an injection of a plugin and its removal: one of them is heard", async () => {
  const seen = new Set<string>();
  for (let round = 1; round <= rounds; round += 1) {
    const name = `worker-${round}`;
    const packed = pack(name);
    expect((await create(stage.cloud, packed)).status).toBe(201);
    const outcome = await atOnce(
      round,
      () => inject(name, "1"),
      () => ask("DELETE", `/api/plugins/${name}`),
    );
    seen.add(outcome);
    const isThere = (await ask("GET", `/api/plugins/${name}`)).status === 200;
    expect([isThere, await inTarget()], outcome).toEqual([
      outcome.startsWith("200"),
      isThere ? [packed.version] : [],
    ]);
    if (isThere) expect((await takeOff(name)).status).toBe(204);
  }
  expect([...seen].sort()).toEqual(["200 plugin.in-use", "plugin.not-found 204"]);
}, 120_000);
