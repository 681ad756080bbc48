// Services of a board, with the real programs: opened on a public port, forwarded to one user, refused where the board's owner does
// not allow them, cut where they are withdrawn.
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { heardFrom, openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

let stage: Stage;
let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer((request, response) => response.end(`board says ${request.url}`));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as { port: number }).port;
  stage = await openStage();
}, 60_000);
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await stage.end();
});

const json = async (line: string) => {
  const { code, out, err } = await stage.s4t(`${line} --json`);
  expect([line, code, err]).toEqual([line, 0, ""]);
  return JSON.parse(out);
};
/** The exposure of a service, once its entry stands so on the board. */
const standing = async (name: string, state: string) => {
  // biome-ignore lint/suspicious/noExplicitAny: rows as they are printed
  const find = async (): Promise<any> =>
    (await json("service exposures lamp")).find(
      (row: { service: { name: string } }) => row.service.name === name,
    );
  return until(find, (row) => row?.entry.state === state, 10_000);
};
const fetchText = async (at: number, path = "/x"): Promise<string> =>
  (await fetch(`http://127.0.0.1:${at}${path}`, { headers: { connection: "close" } })).text();
/** A connection that stays; resolves once it is open. */
const stay = (at: number): Promise<{ readonly closed: Promise<void>; end(): void }> =>
  new Promise((resolve, reject) => {
    const socket = connect(at, "127.0.0.1");
    const closed = new Promise<void>((end) => socket.once("close", () => end()));
    socket.on("error", () => {});
    socket.once("error", reject);
    socket.once("data", () => resolve({ closed, end: () => socket.destroy() }));
    socket.write("GET /stay HTTP/1.1\r\nhost: x\r\n\r\n");
  });

describe("a service", () => {
  it("of the board's loopback is reached through the cloud's public port, and no more once withdrawn", async () => {
    await json(`service create web --port ${port} --protocol tcp`);
    const { publicPort, door } = await json("service expose lamp web");
    expect(door.open).toBe(true);
    await standing("web", "reached");
    expect(await fetchText(publicPort)).toBe("board says /x");
    const open = await stay(publicPort);
    const list = await json("connection list lamp");
    expect(list).toMatchObject([{ door: "port", from: "127.0.0.1" }]);
    expect(await json("service exposures lamp")).toMatchObject([{ publicPort }]);
    await json("service withdraw lamp web");
    await open.closed;
    await expect(fetchText(publicPort)).rejects.toThrow();
    await json("service remove web");
    await until(
      () => json("service exposures"),
      (rows) => rows.length === 0,
      10_000,
    );
  }, 60_000);

  it("connection is cut by its id", async () => {
    await json(`service create cut --port ${port}`);
    const { publicPort } = await json("service expose lamp cut");
    const open = await stay(publicPort);
    const [{ uuid }] = await json("connection list lamp");
    await json(`connection cut lamp ${uuid}`);
    await open.closed;
    expect(await fetchText(publicPort)).toBe("board says /x");
    await json("service withdraw lamp cut");
  }, 60_000);

  it("that the board's owner does not allow fails on the board, and the reason is told", async () => {
    await json("service create inner --host 192.168.77.1 --port 80");
    await json("service expose lamp inner");
    const exposure = await standing("inner", "failed");
    expect(exposure.entry.problem).toMatchObject({ code: "service.not-allowed" });
    expect(exposure.entry.problem.sentence).toContain("--allow 192.168.77.1:80");
    await json("service withdraw lamp inner");
  }, 60_000);
});

describe("a forward", () => {
  it("leads from a port here to one of the board, and comes back after the cloud's tunnel broke", async () => {
    const child = stage.start(`forward lamp ${port} --json`);
    const heard = heardFrom(child);
    await until(heard.out, (text) => text.includes("\n"), 20_000);
    const { localPort, host } = JSON.parse(heard.out());
    expect(host).toBe("127.0.0.1");
    expect(await fetchText(localPort)).toBe("board says /x");
    // The board goes and comes back: a new connection works within 5 s.
    await stage.restartAgent();
    const began = performance.now();
    await until(
      () => fetchText(localPort).catch(() => ""),
      (text) => text === "board says /x",
      5_000,
    );
    expect(performance.now() - began).toBeLessThan(5_000);
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.kill("SIGINT");
    await ended;
    await expect(fetchText(localPort)).rejects.toThrow();
  }, 60_000);

  it("outside of what the owner allows is refused by the board, with its reason", async () => {
    const { code, err } = await stage.s4t("forward lamp 10.11.12.13:80");
    expect(code).toBe(77);
    expect(err).toContain("service.not-allowed");
    expect(err).toContain("--allow 10.11.12.13:80");
  }, 30_000);

  it("carries one connection by standard input and output", async () => {
    const child = stage.start(`forward --stdio lamp ${port}`, "pipe");
    const heard = heardFrom(child);
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.stdin?.write("GET /stdio HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    expect(await ended).toBe(0);
    expect(heard.out()).toContain("board says /stdio");
  }, 30_000);

  it("a ticket is good once, and a made-up one never", async () => {
    const way = await stage.cloud.call("POST", `/api/boards/${stage.uuid}/forward`, {
      host: "127.0.0.1",
      port,
    });
    expect(way.status).toBe(201);
    const open = (ticket: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(stage.cloud.url.replace("http", "ws") + way.body.path, [
          "s4t.tunnel.1",
          `s4t.ticket.${ticket}`,
        ]);
        socket.onopen = () => resolve("open");
        socket.onerror = () => resolve("refused");
      });
    expect(await open("A".repeat(32))).toBe("refused");
    expect(await open(way.body.ticket)).toBe("open");
    expect(await open(way.body.ticket)).toBe("refused");
  }, 30_000);
});

it("on ports that others reach is opened with a warning of who may come, unless its sources leave somebody out", async () => {
  const wide = await openStage([], { args: ["--gateway.address", "0.0.0.0"] });
  try {
    await wide.s4t(`service create web --port ${port}`);
    const told = await wide.s4t("service expose lamp web");
    expect([told.code, told.err]).toEqual([
      0,
      expect.stringContaining("Whoever reaches 0.0.0.0 reaches this service"),
    ]);
    const warningOf = async (line: string) =>
      JSON.parse((await wide.s4t(`service expose lamp web ${line} --json`)).out).warning;
    expect(await warningOf("--source 127.0.0.1")).toBe(null);
    expect(await warningOf("--source 127.0.0.1 --source 0.0.0.0/0")).toMatchObject({
      code: "exposure.open-to-all",
    });
    const listed = await wide.s4t("service exposures lamp");
    expect(listed.out).toContain("Whoever reaches 0.0.0.0");
  } finally {
    await wide.end();
  }
}, 60_000);
