// A second machine over TLS, across network namespaces, with the printed line; and somebody on the wire between the two.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../scripts/repository.ts";
import { type Pasted, pasteOn } from "./board.ts";
import { forge, steal } from "./forgery.ts";
import { cloudAddress, layWire, otherCloudAddress, type Wire } from "./namespaces.ts";
import { type Launched, launchCloud, temporaryFolder } from "./program.ts";
import type { RelayOptions } from "./relay.ts";
import { until } from "./s4t.ts";

const port = 20_180;
/** As far as a satellite: one way. */
const lateMs = 250;
const folder = temporaryFolder();
let wire: Wire;
let cloud: Launched;
const pasted: Pasted[] = [];
const relays: ChildProcess[] = [];

/** The command line on the cloud's machine. */
const s4t = (...args: readonly string[]): string => {
  const [program = "", ...before] = wire.on("cloud");
  const cli = join(root, "apps/cli/dist/main.js");
  return execFileSync(program, [...before, process.execPath, cli, ...args], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, HOME: folder.path, S4T_DATA: join(folder.path, "cloud") },
  });
};
const stateOf = (name: string): string =>
  (JSON.parse(s4t("board", "list", "--json")) as { name: string; status: string }[]).find(
    (board) => board.name === name,
  )?.status ?? "missing";
const becomes = (name: string, state: string, withinMs: number) =>
  until(
    () => stateOf(name),
    (is) => is === state,
    withinMs,
  );
const lineFor = (name: string): string => {
  const made = JSON.parse(s4t("board", "create", name, "--json")) as {
    commands: { kind: string; command: string }[];
  };
  return made.commands.find(({ kind }) => kind === "foreground")?.command ?? "";
};
const pasteOnBoard = (name: string, line: string): Pasted => {
  const one = pasteOn(join(folder.path, name), line, { under: wire.on("board") });
  pasted.push(one);
  return one;
};

/** Somebody who takes the cloud's address: ends TLS there, or lets everything be late. Answers what was seen once it is over. */
const sitInTheMiddle = async (how: Pick<RelayOptions, "tls" | "delayMs">) => {
  wire.hijack();
  const options = { listen: cloudAddress, port, to: { host: otherCloudAddress, port }, ...how };
  const [program = "", ...before] = wire.on("middle");
  const child = spawn(
    program,
    [
      ...[...before, process.execPath, "--conditions=source"],
      ...[join(root, "e2e/relay-program.ts"), JSON.stringify(options)],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    said += piece;
  });
  await until(
    () => said,
    (text) => text.startsWith("listening"),
    10_000,
  );
  relays.push(child);
  return async (): Promise<{ taken: number; seen: string }> => {
    child.kill("SIGTERM");
    await once(child, "close");
    wire.release();
    return JSON.parse(said.trim().split("\n").at(-1) ?? "{}");
  };
};

beforeAll(async () => {
  wire = layWire();
  cloud = launchCloud(join(folder.path, "cloud"), {
    under: wire.on("cloud"),
    args: ["--port", String(port), "--listen", "0.0.0.0"],
  });
  await until(cloud.said, (said) => said.includes("On the LAN"), 30_000);
});
afterAll(async () => {
  await Promise.all(pasted.map((each) => each.stop()));
  for (const relay of relays) relay.kill("SIGTERM");
  cloud?.child.kill("SIGTERM");
  await cloud?.ended;
  wire?.remove();
  folder.remove();
});

describe("a second machine on another network", () => {
  it("becomes a board by the printed line, over TLS", async () => {
    expect(cloud.said()).toContain(`On the LAN    https://${cloudAddress}:${port}`);
    const board = pasteOnBoard("lamp", lineFor("lamp"));
    await becomes("lamp", "online", 90_000);
    expect(s4t("board", "info", "lamp")).toContain("Linux");
    expect(s4t("board", "ping", "lamp")).toMatch(/ms/);
    const identity = JSON.parse(readFileSync(join(folder.path, "lamp/data/identity.json"), "utf8"));
    expect(identity.url).toBe(`https://${cloudAddress}:${port}`);
    expect(board.said()).not.toMatch(/error/i);
  });

  it("is seen gone within 35 s of a cut wire, and is back within 10 s of a joined one", async () => {
    wire.cut(true);
    await becomes("lamp", "offline", 35_000);
    wire.cut(false);
    await becomes("lamp", "online", 10_000);
    await pasted[0]?.stop();
    await becomes("lamp", "offline", 10_000);
  });

  it("the same over a network on which everything is half a second late, there and back", async () => {
    const leave = await sitInTheMiddle({ delayMs: lateMs });
    pasteOnBoard("lamp", "exec program/bin/s4t-agent run --data data");
    await becomes("lamp", "online", 20_000);
    const [, took = "0"] = /([\d.]+) ms/.exec(s4t("board", "ping", "lamp")) ?? [];
    expect(Number(took)).toBeGreaterThanOrEqual(2 * lateMs);
    // The board's own half of the way goes on acknowledging: only the link itself can notice.
    wire.cut(true);
    await becomes("lamp", "offline", 35_000);
    wire.cut(false);
    await becomes("lamp", "online", 10_000);
    expect(s4t("board", "info", "lamp")).toContain("Linux");
    expect((await leave()).taken).toBeGreaterThan(1);
    await pasted.at(-1)?.stop();
    await becomes("lamp", "offline", 35_000);
  });

  it("is not fooled by somebody with another authority: neither its installation nor its agent", async () => {
    const line = lineFor("bench");
    const leave = await sitInTheMiddle({ tls: forge(folder.path, cloudAddress) });
    const newcomer = pasteOnBoard("bench", line);
    await newcomer.ended;
    expect(newcomer.said()).toMatch(/pinned public key/i);
    const known = pasteOnBoard("lamp", "exec program/bin/s4t-agent run --data data");
    await until(known.said, (said) => said.includes("cannot be reached"), 20_000);
    expect([stateOf("bench"), stateOf("lamp")]).toEqual(["new", "offline"]);
    const { seen } = await leave();
    expect(seen).toBe("");
    // Once nobody sits there any more, both find their cloud: the code was not used up, and the agent tried on.
    await becomes("lamp", "online", 15_000);
    pasteOnBoard("bench", line);
    await becomes("bench", "online", 60_000);
  });

  it("is not taken over by somebody who holds the cloud's own TLS key", async () => {
    await pasted.at(-1)?.stop();
    await becomes("bench", "offline", 10_000);
    const leave = await sitInTheMiddle({ tls: steal(join(folder.path, "cloud")) });
    const lured = pasteOnBoard("bench", "exec program/bin/s4t-agent run --data data");
    expect(await lured.ended).toBe(77);
    expect(lured.said()).toContain("link.revoked");
    const { taken, seen } = await leave();
    expect(taken).toBeGreaterThan(0);
    expect(seen).toContain("/link");
    expect(stateOf("bench")).toBe("offline");
  });
});
