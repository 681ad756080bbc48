// A cloud whose disk is full opens no shell, no file and no port that it could not put on record; what was open before stays.
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listAll } from "./program.ts";
import { callPort, faultsOfRecord, heardFrom, openStage, type Stage } from "./reach.ts";
import { finish, until } from "./s4t.ts";

/** No file of the cloud may grow beyond this, once it runs: reached after some hundred writes. */
const limitBytes = 4_000_000;
/** Most writes until then. */
const mostWrites = 5_000;
/** What says "not now, and nothing was changed": a limit of a file's size is told as a disk that does not answer. */
const refusals = /cloud\.storage-full|cloud\.unavailable/;
/** Longest that somebody may be at a public port without being on record: the gateway's own limit and a moment. */
const cutWithinMs = 6_000;

let stage: Stage;
let echo: Server;
let port: number;
beforeAll(async () => {
  echo = createServer((socket) => void socket.on("error", () => {}).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  port = (echo.address() as { port: number }).port;
  stage = await openStage();
}, 60_000);
afterAll(async () => {
  await stage.end();
  echo.close();
});

const limit = (bytes: number | "unlimited") =>
  execFileSync("prlimit", [
    ...["--pid", String(stage.cloud.child.pid), `--fsize=${bytes}:unlimited`],
  ]);
/** Writes until the disk is full, and keeps it so: a database that tidies up would find room again. */
const fill = async (): Promise<void> => {
  limit(limitBytes);
  for (let i = 0; i < mostWrites; i += 1) {
    const name = `p-${i}`;
    const { body } = await stage.cloud.call("POST", "/api/projects", {
      ...{ name, description: "x".repeat(500) },
    });
    if (refusals.test(body.code ?? "")) {
      limit(1);
      return;
    }
  }
  expect.unreachable("the disk never filled up");
};

it("a full disk: nothing is opened off the record, and all is when there is room again", async () => {
  writeFileSync(join(stage.files, "notes.txt"), "kept on the board\n");
  const touched = join(stage.folder, "touched");
  const shell = async (word: string) => {
    const child = stage.start("shell lamp", "pipe");
    child.stdin?.end(`touch ${touched}-${word}; exit 0\n`);
    return finish(child);
  };
  await stage.s4t(`service create echo --port ${port}`);
  const exposed = await stage.s4t("service expose lamp echo --json");
  const { publicPort } = JSON.parse(exposed.out);
  const forward = stage.start(`forward lamp ${port} --json`);
  const heard = heardFrom(forward);
  await until(heard.out, (text) => text.includes("\n"), 20_000);
  const { localPort } = JSON.parse(heard.out());
  const before = callPort(publicPort);
  before.socket.write("before");
  await until(before.said, (text) => text === "before", 10_000);
  // Only what is on record stays: a disk that is full sooner would have it cut.
  await until(
    () => listAll(stage.cloud, "/api/audit", { action: "stream.open" }),
    (opened) => opened.some(({ facts }) => facts.door === "port"),
    10_000,
  );
  await fill();

  const refused = await shell("full");
  expect(refused.err).toMatch(refusals);
  expect(refused.code).not.toBe(0);
  expect(existsSync(`${touched}-full`)).toBe(false);
  const file = await stage.s4t("file get lamp notes.txt -");
  expect([file.out, file.err]).toEqual(["", expect.stringMatching(refusals)]);
  const byForward = callPort(localPort);
  byForward.socket.write("full");
  await byForward.closed;
  expect(byForward.said()).toBe("");
  const byPort = callPort(publicPort);
  const began = performance.now();
  await byPort.closed;
  expect(performance.now() - began).toBeLessThan(cutWithinMs);
  before.socket.write(" and after");
  await until(before.said, (text) => text === "before and after", 10_000);

  limit("unlimited");
  await until(
    () => shell("room"),
    ({ code }) => code === 0,
    15_000,
  );
  expect(existsSync(`${touched}-room`)).toBe(true);
  before.socket.destroy();
  const ended = new Promise((resolve) => forward.once("close", resolve));
  forward.kill("SIGINT");
  await ended;
  const record = await until(
    () => faultsOfRecord(stage.cloud),
    (faults) => faults.length === 0,
    5_000,
  );
  expect(record).toEqual([]);
  expect((await stage.cloud.call("POST", "/api/audit/verify")).body).toMatchObject({
    intact: true,
  });
}, 180_000);
