// Another cloud at the address of a board's own: the board ends, since no other try would change that, and tells its owner what to do.
import { join } from "node:path";
import { expect, it } from "vitest";
import { registerBoard, startAgent } from "./agent.ts";
import { isThere, stateOf } from "./board.ts";
import { freePort, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

it("a board that meets another cloud at its address ends, names the address and what can be done, and is back with its own", async () => {
  const folder = temporaryFolder();
  const args = ["--port", String(await freePort())];
  const home = join(folder.path, "lamp");
  const start = (name: string) => startCloud(join(folder.path, name), { args });
  let cloud = await start("own");
  try {
    await cloud.signIn();
    const { uuid, enrolment } = await registerBoard(cloud, "lamp");
    const online = () => until(() => stateOf(cloud, uuid), isThere, 30_000);
    const agent = startAgent(home, ["--enrol", enrolment]);
    await online();
    await cloud.kill("SIGTERM");
    cloud = await start("another");
    expect(await agent.ended).toBe(77);
    const said = agent.said().trim().split("\n").slice(-2).join("\n");
    expect(said).toContain("The board's key is not known or was withdrawn. (link.revoked)");
    expect(said).toContain(`The cloud that was asked is at ${cloud.url}.`);
    for (const next of [
      "another cloud than this board was enrolled with",
      "--url",
      "s4t board enrol",
    ])
      expect(said).toContain(next);
    await cloud.kill("SIGTERM");
    cloud = await start("own");
    await cloud.signIn();
    const again = startAgent(home);
    await online();
    await again.kill("SIGTERM");
  } finally {
    await cloud.kill("SIGTERM");
    folder.remove();
  }
}, 120_000);
