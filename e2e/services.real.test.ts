// Real clients through a board: OpenSSH and PostgreSQL at ports of the board's loopback, which nothing else leads to.
import { spawn } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { sha256Hex } from "@s4t/kit/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { createDatabaseForTest, serverUrl } from "../apps/iotronic/test/postgres.ts";
import { type RunningSshd, startSshd } from "../scripts/real/openssh.ts";
import { root } from "../scripts/repository.ts";
import { heardFrom, openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

/** What goes by scp, each way. */
const largeBytes = 200_000_000;
/** A message of many frames of a tunnel. */
const largeMessageBytes = 1_000_000;

let stage: Stage;
let sshd: RunningSshd;
beforeAll(async () => {
  stage = await openStage();
  const started = await startSshd(join(stage.folder, "sshd"), (line) => console.error(line));
  if (!started) throw new Error("OpenSSH's server could not be started");
  sshd = started;
}, 120_000);
afterAll(async () => {
  await sshd?.stop();
  await stage?.end();
});

const run = async (program: string, args: readonly string[]) => {
  const child = spawn(program, args, {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: stage.folder, S4T_DATA: join(stage.folder, "cloud") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const heard = heardFrom(child as never);
  const [code] = await once(child, "close");
  return { code: code as number | null, out: heard.out(), err: heard.err() };
};
const sshFlags = () => [
  ...["-i", sshd.key, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-F", "none"],
  ...["-o", "StrictHostKeyChecking=accept-new"],
  ...["-o", `UserKnownHostsFile=${join(stage.folder, "known")}`],
];
const expose = async (name: string, port: number): Promise<number> => {
  await stage.s4t(`service create ${name} --port ${port}`);
  const { code, out, err } = await stage.s4t(`service expose lamp ${name} --json`);
  expect([code, err]).toEqual([0, ""]);
  await until(
    async () => JSON.parse((await stage.s4t("service exposures lamp --json")).out),
    (rows) =>
      rows.find((row: { service: { name: string } }) => row.service.name === name)?.entry.state ===
      "reached",
    10_000,
  );
  return JSON.parse(out).publicPort;
};

describe("OpenSSH", () => {
  it("through a public port: 200 MB up and down by scp, unchanged", async () => {
    const publicPort = await expose("ssh", sshd.port);
    const bytes = randomFillSync(Buffer.allocUnsafe(largeBytes));
    const sha256 = sha256Hex(bytes);
    const local = join(stage.folder, "large");
    const there = join(stage.folder, "there");
    const back = join(stage.folder, "back");
    writeFileSync(local, bytes);
    const scp = (from: string, to: string) =>
      run("scp", ["-q", ...sshFlags(), "-P", String(publicPort), from, to]);
    expect(await scp(local, `root@127.0.0.1:${there}`)).toMatchObject({ code: 0, err: "" });
    expect(sha256Hex(readFileSync(there))).toBe(sha256);
    expect(await scp(`root@127.0.0.1:${there}`, back)).toMatchObject({ code: 0 });
    expect(sha256Hex(readFileSync(back))).toBe(sha256);
    for (const file of [local, there, back]) rmSync(file);
  }, 180_000);

  it("by `s4t ssh`: runs a command, with its exit code", async () => {
    const words = ["ssh", "root@lamp", "--port", String(sshd.port), "--", ...sshFlags()];
    const { code, out, err } = await run("./s4t", [...words, "echo board-$((40 + 2)); exit 3"]);
    expect([code, out, err]).toEqual([3, "board-42\n", expect.stringContaining("")]);
  });
});

it("scp goes through a ProxyCommand without a public port: 200 MB up and down, unchanged", async () => {
  const bytes = randomFillSync(Buffer.allocUnsafe(largeBytes));
  const local = join(stage.folder, "large");
  const there = join(stage.folder, "there");
  writeFileSync(local, bytes);
  const way = `ProxyCommand=./s4t forward --stdio lamp ${sshd.port}`;
  const back = join(stage.folder, "back");
  const scp = (from: string, to: string) => run("scp", ["-q", ...sshFlags(), "-o", way, from, to]);
  const sha256 = sha256Hex(bytes);
  expect(await scp(local, `root@lamp:${there}`)).toMatchObject({ code: 0, err: "" });
  expect(sha256Hex(readFileSync(there))).toBe(sha256);
  expect(await scp(`root@lamp:${there}`, back)).toMatchObject({ code: 0, err: "" });
  expect(sha256Hex(readFileSync(back))).toBe(sha256);
  for (const file of [local, there, back]) rmSync(file);
}, 240_000);

it.runIf(process.env.TEST_POSTGRES)(
  "PostgreSQL is served through the board to its client",
  async () => {
    const behind = new URL(serverUrl());
    const publicPort = await expose("database", Number(behind.port));
    behind.port = String(publicPort);
    process.env.TEST_POSTGRES = behind.href;
    const database = await createDatabaseForTest();
    const rows = await database.ask("select sum(n)::int as sum from generate_series(1, 1000) n");
    expect(rows).toEqual([{ sum: 500_500 }]);
    await database.drop();
  },
);

it("a page and its WebSocket are served through the board, by one server at one port", async () => {
  const server = createServer((_request, response) => response.end("the board's page"));
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) =>
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const publicPort = await expose("panel", (server.address() as { port: number }).port);
  const address = `127.0.0.1:${publicPort}`;
  const page = await fetch(`http://${address}/`);
  expect([page.status, await page.text()]).toEqual([200, "the board's page"]);

  // A client masks what it sends: the echo is what the server made of it.
  const socket = new WebSocket(`ws://${address}/live`);
  socket.binaryType = "arraybuffer";
  await once(socket, "open");
  const echo = async (message: string | Uint8Array<ArrayBuffer>) => {
    const answered = once(socket, "message") as Promise<[MessageEvent]>;
    socket.send(message);
    return (await answered)[0].data;
  };
  expect(await echo("ciao, lampione")).toBe("ciao, lampione");
  const bytes = new Uint8Array(randomFillSync(Buffer.alloc(largeMessageBytes)));
  expect(Buffer.compare(Buffer.from(await echo(bytes)), bytes)).toBe(0);
  // The page is still there while the socket is open.
  expect((await fetch(`http://${address}/`)).status).toBe(200);
  const closed = once(socket, "close") as Promise<[CloseEvent]>;
  for (const client of sockets.clients) client.close(1001, "the board restarts");
  const [{ code, reason }] = await closed;
  expect([code, reason]).toEqual([1001, "the board restarts"]);
  server.closeAllConnections();
  server.close();
});
