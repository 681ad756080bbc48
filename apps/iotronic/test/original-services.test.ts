// Services of boards that run the original agent: bytes through our doors by its own tunnels, and what is kept from everybody else.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answered, openTestCloud, type TestCloud } from "./cloud.ts";
import { anOriginal, connectOriginal, legacyArgs, type Original } from "./original.ts";
import { openWstun, runWstun, type WstunClient, wstunUrl } from "./wstun.ts";

let cloud: TestCloud;
let uuid: string;
let board: Original;
let service: Server;
let localPort: number;
const clients: WstunClient[] = [];

const ask = (method: string, path: string, body?: unknown): Promise<Answered> =>
  cloud.call(method, path, {
    token: cloud.admin,
    ...(body === undefined ? {} : { body }),
    headers: { prefer: "wait=20" },
  });
/** As the agent does: what it is told to serve, it starts a client for. */
const methodsOf = (own: () => string) => ({
  ServiceEnable: async ([told, port]: readonly unknown[]) => {
    const { port: local } = told as { port: number };
    clients.push(await runWstun(cloud, Number(port), local, own()));
    return "enabled";
  },
});
const expose = async (name: string, on = uuid): Promise<number> =>
  (await ask("PUT", `/api/boards/${on}/services/${name}`, {})).body.publicPort;
const open = async (port: number): Promise<Socket> => {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  return socket;
};
/** Comes to a port that nobody is let through. */
const isCut = (port: number): Promise<void> =>
  new Promise((resolve) => {
    connect(port, "127.0.0.1")
      .on("error", () => {})
      .on("close", () => resolve());
  });
const exchange = async (port: number, bytes: Buffer): Promise<Buffer> => {
  const socket = await open(port);
  socket.write(bytes);
  const got: Buffer[] = [];
  let count = 0;
  for await (const chunk of socket) {
    got.push(chunk as Buffer);
    count += (chunk as Buffer).length;
    if (count >= bytes.length) break;
  }
  socket.destroy();
  return Buffer.concat(got);
};
const refusals = async (): Promise<string[]> =>
  (await ask("GET", "/api/audit?action=link.refused&limit=200")).body.items.map(
    ({ facts }: { facts: { what?: string } }) => facts.what ?? "",
  );

beforeAll(async () => {
  cloud = await openTestCloud({}, [
    ...legacyArgs,
    "--gateway.first-port",
    "21500",
    "--gateway.last-port",
    "21599",
  ]);
  service = createServer((socket) => socket.on("error", () => {}).pipe(socket)).listen(
    0,
    "127.0.0.1",
  );
  await once(service, "listening");
  localPort = (service.address() as AddressInfo).port;
  ({ uuid } = await anOriginal(cloud, "served"));
  board = await connectOriginal(cloud, uuid, { methods: methodsOf(() => uuid) });
  for (const name of ["echo", "other"])
    await ask("POST", "/api/services", { name, port: localPort });
}, 60_000);
afterAll(async () => {
  for (const client of clients) client.close();
  service.close();
  await cloud.close();
});

describe("an exposed service", () => {
  let port: number;

  it("gives bytes both ways through our door, many connections at once, fragments joined", async () => {
    port = await expose("echo");
    expect(board.calls.filter(({ method }) => method === "ServiceEnable")).toMatchObject([
      { args: [{ name: "echo", port: localPort, protocol: "TCP" }, port] },
    ]);
    const large = Buffer.alloc(3_000_000, "0123456789abcdef");
    const answers = await Promise.all(
      [large, Buffer.from("ciao"), Buffer.alloc(70_000, 7)].map((bytes) => exchange(port, bytes)),
    );
    expect(answers.map(({ length }) => length)).toEqual([3_000_000, 4, 70_000]);
    expect(answers[0]?.equals(large)).toBe(true);
    const page = await fetch(wstunUrl(cloud).replace("ws", "http"));
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("running")]);
  });

  it("is on record as any other: who came, how much, and who is there", async () => {
    const socket = await open(port);
    socket.write("x");
    await once(socket, "data");
    const listed = async () => (await ask("GET", `/api/boards/${uuid}/connections`)).body.items;
    // Those of before are quiet for a moment before they are gone.
    await expect.poll(async () => (await listed()).length, { timeout: 5_000 }).toBe(1);
    const items = await listed();
    expect(items).toMatchObject([{ door: "port", from: "127.0.0.1" }]);
    await ask("DELETE", `/api/boards/${uuid}/connections/${items[0].uuid}`);
    await expect.poll(() => socket.closed).toBe(true);
    await expect
      .poll(
        async () => (await ask("GET", "/api/audit?action=stream.close&limit=10")).body.items.length,
      )
      .toBeGreaterThan(0);
  });

  it("goes with its board's session and comes back with the next", async () => {
    const held = clients.at(-1);
    await board.session.close();
    await held?.closed;
    await isCut(port);
    // Nobody may hold the port while the board is away, not even who says to be it.
    await expect(openWstun(cloud, `?dst=127.0.0.1:${port}&uuid=${uuid}`)).rejects.toThrow("401");
    board = await connectOriginal(cloud, uuid, { methods: methodsOf(() => uuid) });
    clients.push(await runWstun(cloud, port, localPort, uuid));
    expect((await exchange(port, Buffer.from("back"))).toString()).toBe("back");
    expect(board.calls).toEqual([]);
    const restored = await ask("POST", `/api/boards/${uuid}/original`, {
      method: "ServiceRestore",
      args: ["echo"],
    });
    expect(restored.body.status).toBe("done");
    expect(board.calls.at(-1)).toMatchObject({
      method: "ServiceRestore",
      args: [{ name: "echo", port: localPort }, port],
    });
  });

  it("is held by one client at a time; another that comes while it answers is refused", async () => {
    await expect(runWstun(cloud, port, localPort, uuid)).rejects.toThrow("409");
    expect((await exchange(port, Buffer.from("still"))).toString()).toBe("still");
    await expect
      .poll(async () => (await refusals()).some((what) => /it is held/.test(what)))
      .toBe(true);
  });

  it("ends when it is withdrawn: the client is sent away, the board told", async () => {
    const held = clients.at(-1);
    await ask("DELETE", `/api/boards/${uuid}/services/echo`);
    await held?.closed;
    await expect.poll(() => board.calls.at(-1)?.method).toBe("ServiceDisable");
    await expect(openWstun(cloud, `?dst=127.0.0.1:${port}&uuid=${uuid}`)).rejects.toThrow("401");
  });
});

describe("nobody", () => {
  it("holds a port of another board, of none, below 1024, or beyond 65535", async () => {
    const other = await anOriginal(cloud, "attacker");
    const attacker = await connectOriginal(cloud, other.uuid);
    const port = await expose("other");
    const hold = (dst: string, as = other.uuid) => openWstun(cloud, `?dst=${dst}&uuid=${as}`);
    for (const [dst, status] of [
      [`127.0.0.1:${port}`, "401"],
      ["127.0.0.1:21599", "401"],
      ["127.0.0.1:22", "401"],
      ["127.0.0.1:99999", "400"],
      ["127.0.0.1:0", "400"],
      ["127.0.0.1:-1", "400"],
      ["nothing", "400"],
    ] as const)
      await expect(hold(dst), dst).rejects.toThrow(status);
    await expect(hold(`127.0.0.1:${port}`, "../../x"), "no id").rejects.toThrow("401");
    await expect
      .poll(async () => (await refusals()).some((what) => what.includes("another board's port")))
      .toBe(true);
    expect((await exchange(port, Buffer.from("mine"))).toString()).toBe("mine");
    await attacker.session.close();
  });

  it("holds a board's port from elsewhere, or takes a stream of it", async () => {
    const own = await anOriginal(cloud, "from-here");
    const agent = await connectOriginal(cloud, own.uuid);
    const port = await expose("other", own.uuid);
    const query = `?dst=127.0.0.1:${port}&uuid=${own.uuid}`;
    await expect(openWstun(cloud, query, undefined, "127.0.0.2")).rejects.toThrow("401");
    const control = await openWstun(cloud, query);
    const told = once(control, "message");
    const socket = await open(port);
    const id = String((await told)[0]).slice(3);
    await expect(openWstun(cloud, `?id=${id}`, undefined, "127.0.0.2")).rejects.toThrow("401");
    (await openWstun(cloud, `?id=${id}`)).close();
    await expect.poll(() => socket.closed).toBe(true);
    control.close();
    await agent.session.close();
  });

  it("gets a stream that it was not told of, or one twice", async () => {
    await expect(openWstun(cloud, "?id=4fd2a3c8-53a2-4c6c-9b1f-3f1f2c0f7f11")).rejects.toThrow(
      "401",
    );
    await expect(openWstun(cloud, "?id=")).rejects.toThrow("401");
    const port = await expose("other");
    const client = clients.at(-1);
    const told = new Promise<string>((resolve) =>
      client?.control.once("message", (text: Buffer) => resolve(text.toString().slice(3))),
    );
    const socket = await open(port);
    socket.write("x");
    await once(socket, "data");
    await expect(openWstun(cloud, `?id=${await told}`)).rejects.toThrow("401");
    socket.destroy();
  });

  it("brings the server down: without a subprotocol, with another, with no address at all", async () => {
    const bare = await fetch(`${wstunUrl(cloud).replace("ws", "http")}/?dst=1:2`, {
      method: "POST",
    });
    expect(bare.status).toBe(405);
    await expect(openWstun(cloud, "?dst=127.0.0.1:21500", [])).rejects.toThrow("400");
    await expect(openWstun(cloud, "?dst=127.0.0.1:21500", "chat")).rejects.toThrow("400");
    await expect(openWstun(cloud, "")).rejects.toThrow("400");
    await expect(openWstun(cloud, "%ff?dst=%ff")).rejects.toThrow("400");
    expect((await fetch(wstunUrl(cloud).replace("ws", "http"))).status).toBe(200);
  });

  it("says something else on a control connection, or text on a stream", async () => {
    const client = clients.at(-1);
    client?.control.send("hello");
    await client?.closed;
    const { uuid: own } = board;
    const port = await expose("other");
    const held = await runWstun(cloud, port, localPort, own);
    clients.push(held);
    held.control.removeAllListeners("message");
    const told = new Promise<string>((resolve) =>
      held.control.once("message", (text: Buffer) => resolve(text.toString().slice(3))),
    );
    const socket = await open(port);
    const data = await openWstun(cloud, `?id=${await told}`);
    data.on("error", () => {});
    data.send("text");
    await once(data, "close");
    await expect.poll(() => socket.closed).toBe(true);
  });
});

it("a service of another machine is none that an original board exposes", async () => {
  await ask("POST", "/api/services", { name: "far", host: "10.0.0.9", port: 80 });
  const answer = await ask("PUT", `/api/boards/${uuid}/services/far`, {});
  expect(answer.body.entry).toMatchObject({ state: "failed", problem: { code: "board.original" } });
});
