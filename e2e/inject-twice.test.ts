// Two power cuts in a row: one while a plugin comes to its board, one before it is taken back. No record says then that it is there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createClient, createPlugin } from "@s4t/sdk";
import { expect, it } from "vitest";
import { registerBoard, startAgent } from "./agent.ts";
import { leftOf, packServer } from "./inject-kill.ts";
import { freePort, startCloud, temporaryFolder } from "./program.ts";
import { processesOf, until } from "./s4t.ts";

/** Longest until an agent has come to its step, or has done what is wanted. */
const settleMs = 30_000;

it("a plugin that was on its way, and was taken back, leaves nothing and is not run again", async () => {
  const folder = temporaryFolder();
  const cloud = await startCloud(join(folder.path, "cloud"));
  const data = join(folder.path, "agent");
  const read = (name: string) => JSON.parse(readFileSync(join(data, name), "utf8"));
  const running = () => processesOf(join(data, "plugins"));
  let agent: ReturnType<typeof startAgent> | undefined;
  const dieAt = async (point: string): Promise<void> => {
    agent = startAgent(data, [], process.execPath, { S4T_FAIL_AT: point });
    const late = setTimeout(() => agent?.child.kill("SIGTERM"), settleMs);
    await agent.ended;
    clearTimeout(late);
    expect([point, agent.child.signalCode]).toEqual([point, "SIGKILL"]);
  };
  try {
    const client = createClient({ url: cloud.url, auth: await cloud.signIn() });
    const { uuid, enrolment } = await registerBoard(cloud, "doomed");
    await createPlugin(client, await packServer(await freePort(), "one"));
    agent = startAgent(data, ["--enrol", enrolment]);
    await until(agent.said, (text) => text.includes("Joined"), settleMs);
    await until(
      () => client.boards.show({ params: { uuid } }),
      ({ target }) => target.reached === target.wanted,
      settleMs,
    );
    await agent.kill("SIGTERM");
    const params = { uuid, plugin: "server" };
    await client.injections.inject({ params, body: { onBoot: true } });
    await dieAt("noted");
    await client.injections.remove({ params });
    await dieAt("removing");
    // What the third one finds: a plugin that is noted, and that neither its target nor its record of it names.
    expect(Object.keys(read("plugins.json"))).toEqual(["server"]);
    expect(read("target.json").sections.plugins?.entries ?? []).toEqual([]);
    agent = startAgent(data);
    await until(agent.said, (text) => text.includes("Joined"), settleMs);
    await until(
      () => leftOf(data),
      (left) => left.length === 0,
      settleMs,
    );
    expect([running(), Object.keys(read("plugins.json"))]).toEqual([[], []]);
  } finally {
    await agent?.kill("SIGTERM");
    await cloud.kill("SIGTERM");
    folder.remove();
  }
}, 120_000);
