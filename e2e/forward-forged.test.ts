// A cloud that somebody patched to lead anywhere: what its own code refuses it lets by, and the board is the only one left to say no.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cloudBundle } from "./program.ts";
import { heardFrom, openStage, type Stage } from "./reach.ts";

// Beside the cloud's own, for what it loads from there.
const bundle = join(cloudBundle, `../patched-${process.pid}.js`);
let stage: Stage;
const servers: Server[] = [];
const ports: number[] = [];
let seen = 0;

const listen = async (greeting: string): Promise<void> => {
  const server = createServer((socket) => {
    if (greeting === "secret") seen += 1;
    socket.on("error", () => {});
    socket.end(greeting);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  ports.push((server.address() as { port: number }).port);
};

beforeAll(async () => {
  const code = readFileSync(cloudBundle, "utf8");
  // The board's word about the wish is not looked at: every forward is opened.
  const gate = /if \(standing\d*\.state !== "reached"\)/; // the bundler may number names
  expect(code.split(gate)).toHaveLength(2);
  writeFileSync(bundle, code.replace(gate, "if (false)"));
  await listen("open");
  await listen("secret");
  stage = await openStage(["--allow", `127.0.0.1:${ports[0]}`], { bundle });
}, 60_000);
afterAll(async () => {
  await stage?.end();
  for (const server of servers) server.close();
  rmSync(bundle, { force: true });
});

/** What one connection through a forward brings, and what its user is told. */
const through = async (port: number) => {
  const child = stage.start(`forward --stdio lamp ${port}`, "pipe");
  const heard = heardFrom(child);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, heard: heard.out(), said: heard.err() };
};

it("opens a forward to what the board's owner does not allow, and the board dials nothing", async () => {
  expect(await through(ports[0] ?? 0)).toEqual({ code: 0, heard: "open", said: "" });
  const refused = await through(ports[1] ?? 0);
  expect(refused.code).toBe(77);
  expect(refused.heard).toBe("");
  expect(refused.said).toContain("service.not-allowed");
  expect(seen).toBe(0);
}, 60_000);
