// A second machine over TLS, without root: the cloud listens at 127.0.0.2 as if that were beyond loopback. The same across a
// real border between machines is in lan.real.test.ts.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { agentBundle, registerBoard } from "./agent.ts";
import { foregroundOf, type Pasted, pasteOn, stateOf } from "./board.ts";
import { forge, steal } from "./forgery.ts";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { openRelay, type Relay } from "./relay.ts";
import { until } from "./s4t.ts";

const listen = "127.0.0.2";
let folder = temporaryFolder();
let cloud: RunningCloud;
let pasted: Pasted[] = [];
let relays: Relay[] = [];

const start = async () => {
  cloud = await startCloud(join(folder.path, "cloud"), { args: ["--listen", listen] });
  await cloud.signIn();
};
beforeEach(start);
afterEach(async () => {
  await Promise.all(pasted.map((each) => each.stop()));
  await Promise.all(relays.map((each) => each.close()));
  await cloud.kill("SIGTERM");
  folder.remove();
  folder = temporaryFolder();
  pasted = [];
  relays = [];
});

const machine = (name: string) => join(folder.path, name);
const paste = (name: string, line: string): Pasted => {
  const one = pasteOn(machine(name), line);
  pasted.push(one);
  return one;
};
const online = (uuid: string, withinMs = 15_000) =>
  until(
    () => stateOf(cloud, uuid),
    (state) => state === "online",
    withinMs,
  );
const lanPort = () => Number(new URL(cloud.url).port);
const relay = async (tls?: { key: string; cert: string }): Promise<Relay> => {
  const to = { host: listen, port: lanPort() };
  const made = await openRelay({ listen: "127.0.0.3", port: 0, to, ...(tls ? { tls } : {}) });
  relays.push(made);
  return made;
};
/** The agent without the installation, as an installed one runs. */
const run = (name: string, ...args: readonly string[]): Pasted =>
  paste(name, ["exec", process.execPath, agentBundle, "run", "--data", "data", ...args].join(" "));

describe("a second machine", () => {
  it("becomes a board by one pasted line, over TLS, with nothing of this checkout", async () => {
    const board = await registerBoard(cloud, "lamp");
    const { said } = paste("lamp", foregroundOf(board));
    await online(board.uuid, 60_000);
    const info = await cloud.call("GET", `/api/boards/${board.uuid}/info`);
    expect(info.status).toBe(200);
    const shown = (await cloud.call("GET", `/api/boards/${board.uuid}`)).body;
    expect(shown.connectivity.address).toMatch(/^127\./);
    expect(
      JSON.parse(readFileSync(join(machine("lamp"), "data/identity.json"), "utf8")),
    ).toMatchObject({
      url: `https://${listen}:${lanPort()}`,
      ca: expect.stringContaining("BEGIN CERTIFICATE"),
    });
    expect(said()).not.toContain("rror");
    // What opens terminals came with it.
    expect(existsSync(join(folder.path, "lamp/program/koffi.node"))).toBe(true);
    // Again on the same machine: nothing is fetched twice, and the board is who it is.
    await pasted[0]?.stop();
    const again = paste("lamp", foregroundOf(board));
    await online(board.uuid);
    expect(again.said()).not.toContain("Fetching");
  }, 90_000);

  it("runs nothing that is not what the cloud announced", async () => {
    const board = await registerBoard(cloud, "lamp");
    const script = await (await fetch(`${cloud.url}/install/agent.sh`)).text();
    const altered = script.replaceAll(/[0-9a-f]{64}/g, (hash) => hash.replace(/^./, "0"));
    expect(altered).not.toBe(script);
    writeFileSync(join(folder.path, "agent.sh"), altered);
    const { ended, said } = paste("lamp", `sh ../agent.sh --foreground ${board.enrolment}`);
    expect(await ended).toBe(69);
    expect(said()).toContain("is not the one that the cloud announced");
    expect(await stateOf(cloud, board.uuid)).toBe("new");
  }, 60_000);

  it("says what is missing on it", async () => {
    const board = await registerBoard(cloud, "lamp");
    const script = await (await fetch(`${cloud.url}/install/agent.sh`)).text();
    writeFileSync(join(folder.path, "agent.sh"), script);
    const bare = pasteOn(machine("bare"), `/bin/sh ../agent.sh ${board.enrolment}`, {
      path: "/nowhere",
    });
    expect(await bare.ended).not.toBe(0);
    const noString = pasteOn(machine("bare"), "sh ../agent.sh");
    expect(await noString.ended).toBe(69);
    expect(noString.said()).toContain("say the enrolment string");
  });
});

describe("somebody in the middle", () => {
  it("with another authority gets no installation out, no code and no board", async () => {
    const middle = await relay(forge(folder.path, "127.0.0.3", "127.0.0.2"));
    const board = await registerBoard(cloud, "lamp");
    const there = `https://127.0.0.3:${middle.port}`;
    const line = foregroundOf(board).replace(`https://${listen}:${lanPort()}`, there);
    await paste("lamp", line).ended;
    const agent = run("lamp", "--enrol", board.enrolment, "--url", there);
    expect(await agent.ended).toBe(77);
    expect(agent.said()).toContain("agent.wrong-cloud");
    expect(middle.seen()).not.toContain("HELLO");
    expect(await stateOf(cloud, board.uuid)).toBe("new");
    // The code was not used up: the right cloud still takes it.
    run("lamp", "--enrol", board.enrolment);
    await online(board.uuid);
  });

  it("cannot take over the connection of a board that runs", async () => {
    const board = await registerBoard(cloud, "lamp");
    const first = run("lamp", "--enrol", board.enrolment);
    await online(board.uuid);
    await first.stop();
    const middle = await relay(forge(folder.path, "127.0.0.3", "127.0.0.2"));
    const lured = run("lamp", "--url", `https://127.0.0.3:${middle.port}`);
    await until(lured.said, (said) => said.includes("cannot be reached"), 10_000);
    expect(middle.seen()).toBe("");
    expect(await stateOf(cloud, board.uuid)).toBe("offline");
  });

  it("who holds the cloud's own TLS key is found out by the channel binding", async () => {
    const board = await registerBoard(cloud, "lamp");
    const first = run("lamp", "--enrol", board.enrolment);
    await online(board.uuid);
    await first.stop();
    const leaf = steal(join(folder.path, "cloud"));
    // The board is told its cloud's right name, and somebody answers there for it.
    const middle = await openRelay({
      listen: "127.0.0.2",
      port: 0,
      to: { host: listen, port: lanPort() },
      tls: leaf,
    });
    relays.push(middle);
    const lured = run("lamp", "--url", `https://127.0.0.2:${middle.port}`);
    expect(await lured.ended).toBe(77);
    expect(middle.taken()).toBeGreaterThan(0);
    expect(middle.seen()).toContain("/link");
    expect(lured.said()).toContain("link.revoked");
    expect(await stateOf(cloud, board.uuid)).toBe("offline");
  });

  it("is let through where it only passes bytes on", async () => {
    const board = await registerBoard(cloud, "lamp");
    run("lamp", "--enrol", board.enrolment);
    await online(board.uuid);
    expect((await cloud.call("POST", `/api/boards/${board.uuid}/ping`, {})).status).toBe(200);
  });
});

describe("a new authority", () => {
  it("is followed by boards that are there and by boards that were away, and by older enrolments", async () => {
    const [near, away, late] = [
      await registerBoard(cloud, "near"),
      await registerBoard(cloud, "away"),
      await registerBoard(cloud, "late"),
    ];
    run("near", "--enrol", near.enrolment);
    const first = run("away", "--enrol", away.enrolment);
    await online(near.uuid);
    await online(away.uuid);
    await first.stop();
    const before = (await cloud.call("GET", "/api/authority")).body.fingerprint;
    for (let i = 0; i < 2; i += 1)
      expect((await cloud.call("POST", "/api/authority", {})).status).toBe(201);
    const after = (await cloud.call("GET", "/api/authority")).body;
    expect(after.earlier).toHaveLength(2);
    expect(after.earlier[1]).toBe(before);

    const trusted = (name: string): string =>
      JSON.parse(readFileSync(join(machine(name), "data/identity.json"), "utf8")).ca;
    const present = () => readFileSync(join(folder.path, "cloud/ca.pem"), "utf8").trim();
    await until(
      () => trusted("near").trim(),
      (pem) => pem === present(),
      10_000,
    );
    expect(trusted("away").trim()).not.toBe(present());
    run("away");
    await online(away.uuid);
    await until(
      () => trusted("away").trim(),
      (pem) => pem === present(),
      10_000,
    );
    run("late", "--enrol", late.enrolment);
    await online(late.uuid);
    await until(
      () => trusted("late").trim(),
      (pem) => pem === present(),
      10_000,
    );
    // A restart of the cloud changes nothing, and those who follow are still let in.
    await cloud.kill("SIGTERM");
    cloud = await startCloud(join(folder.path, "cloud"), {
      args: ["--listen", listen, "--port", String(lanPort())],
    });
    await cloud.signIn();
    for (const { uuid } of [near, away, late]) await online(uuid);
    const entries = (await cloud.call("GET", `/api/boards/${away.uuid}/target`)).body.entries;
    expect(entries).toContainEqual(expect.objectContaining({ key: "trust/ca", state: "reached" }));
  }, 60_000);
});
