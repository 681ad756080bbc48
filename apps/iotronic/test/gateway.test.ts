// Doors of boards: a board that speaks the wire itself stands behind them, and answers streams with what it is sent.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import {
  boardProcedures,
  cloudProcedures,
  type Exposure,
  signedDialText,
  type Target,
  tunnel as tunnelFeature,
} from "@s4t/contract";
import { systemClock } from "@s4t/kit";
import type { IncomingStream, Tunnel } from "@s4t/tunnel";
import { dialTunnel } from "@s4t/tunnel/node";
import { createEd25519KeyPair, ed25519Signer } from "@s4t/wamp/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BoardSession, type EnrolledBoard, enrolBoard, joinAs, offer } from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";

let cloud: TestCloud;
let board: EnrolledBoard;
let session: BoardSession;
const tunnels: Tunnel[] = [];
/** What the board does with a stream; echoes unless a test says otherwise. */
let answer: (incoming: IncomingStream) => void;
const opened: { kind: string; args: unknown; epoch: number }[] = [];
const tickets: string[] = [];

const echo = (incoming: IncomingStream): void => {
  const stream = incoming.accept();
  stream.listen({
    onData(bytes) {
      stream.write(Uint8Array.from(bytes));
      stream.consumed(bytes.length);
    },
    onEnd: () => stream.end(),
    onMessage: (message) => stream.message(message),
    onReset: () => {},
    onDrain: () => {},
  });
};

const dial = (
  ticket: string,
  onOpen: (incoming: IncomingStream) => void,
  options: { readonly proof?: string; readonly url?: string } = {},
): Promise<Tunnel> =>
  dialTunnel({
    ...{ url: cloud.url, path: "/tunnel", ticket, ca: null, clock: systemClock, onOpen },
    ...options,
  });
const proofOf = (ticket: string, key = board.key): string =>
  Buffer.from(ed25519Signer(key.privateKey)(Buffer.from(signedDialText(ticket)))).toString("hex");

const takeTarget = async (): Promise<Target> =>
  ((await session.ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 })) as { target: Target })
    .target;

/** Takes the target in as an agent does, and says how its entries stand. */
let refuses = (_key: string): boolean => false;
let seq = 0;
const settle = async (): Promise<void> => {
  const { revision, sections } = await takeTarget();
  const entries = Object.entries(sections).flatMap(([section, held]) =>
    (held?.entries ?? []).map(({ key, hash }) => ({
      key: `${section}/${key}`,
      hash,
      ...(refuses(key)
        ? { state: "failed", code: "service.not-allowed", sentence: "Its owner does not allow it." }
        : { state: "reached" }),
    })),
  );
  seq += 1;
  await session.report(seq, [{ kind: "entries", revision, entries }]);
};

/** What the board does when it is asked to dial; dials unless a test says otherwise. */
let onDial = async (ticket: string, by: BoardSession, url = cloud.url): Promise<void> => {
  const onOpen = (incoming: IncomingStream): void => {
    opened.push({ kind: incoming.kind, args: incoming.args, epoch: by.epoch });
    answer(incoming);
  };
  tunnels.push(await dial(ticket, onOpen, { proof: proofOf(ticket), url }));
};

/** A session of the board, which takes the place of an earlier one. */
const join = async (): Promise<void> => {
  const joined = await joinAs(cloud, board, { features: ["board", "tunnel"] });
  session = joined;
  await offer(joined, board, async (call) => {
    if (call.procedure.endsWith(boardProcedures.link.hint.name)) void settle();
    if (!call.procedure.endsWith(tunnelFeature.dial.name)) return { args: [{}] };
    const { ticket } = call.args[0] as { ticket: string };
    tickets.push(ticket);
    await onDial(ticket, joined);
    return { args: [{}] };
  });
};

beforeAll(async () => {
  cloud = await openTestCloud();
  board = await enrolBoard(cloud, "lamp");
  await join();
}, 30_000);
afterAll(() => cloud.close());

const ask = (method: string, path: string, body?: unknown) =>
  cloud.call(method, path, { token: cloud.admin, ...(body === undefined ? {} : { body }) });

/** A way to the cloud that can be cut without a word. */
const openPath = async ({ port, hostname }: URL) => {
  let isCut = false;
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    sockets.push(near, far);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const)
      from.on("data", (bytes) => isCut || to.write(bytes)).on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true;
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};

let count = 0;
const exposed = async (body: object = {}): Promise<Exposure> => {
  answer = echo;
  count += 1;
  await ask("POST", "/api/services", { name: `web-${count}`, port: 9_000 + count });
  const shown = await ask("PUT", `/api/boards/${board.uuid}/services/web-${count}`, body);
  expect(shown.status, shown.text).toBe(200);
  return shown.body;
};

interface Caller {
  readonly socket: Socket;
  said(): string;
  readonly closed: Promise<void>;
}
const call = (port: number): Caller => {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes.toString();
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => {});
  return { socket, said: () => text, closed };
};
const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; !(await holds()); tries += 1) {
    expect(tries, "it never came").toBeLessThan(500);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe("an exposed service", () => {
  it("is reached through its public port, by the board's own tunnel", async () => {
    const { publicPort, service, door } = await exposed();
    expect(door).toEqual({ open: true, problem: null });
    const caller = call(publicPort);
    caller.socket.end("hello");
    await caller.closed;
    expect(caller.said()).toBe("hello");
    expect(opened.at(-1)).toMatchObject({
      kind: "tcp",
      args: { host: "127.0.0.1", port: service.port },
    });
    const dialled = tickets.length;
    const again = call(publicPort);
    again.socket.end("again");
    await again.closed;
    expect(again.said()).toBe("again");
    expect(tickets).toHaveLength(dialled);
  });

  it("stands in the board's target, and leaves it when it is withdrawn", async () => {
    const { service } = await exposed();
    const services = async () => (await takeTarget()).sections.services?.entries ?? [];
    expect((await services()).find(({ key }) => key === service.name)?.value).toEqual({
      host: "127.0.0.1",
      port: service.port,
      protocol: "tcp",
    });
    await ask("DELETE", `/api/boards/${board.uuid}/services/${service.name}`);
    expect((await services()).find(({ key }) => key === service.name)).toBeUndefined();
  });

  it("shows who is connected, and cuts one without the others", async () => {
    const { publicPort } = await exposed();
    const [one, two] = [call(publicPort), call(publicPort)];
    one.socket.write("one");
    two.socket.write("two");
    await until(() => one.said() === "one" && two.said() === "two");
    const list = async () => (await ask("GET", `/api/boards/${board.uuid}/connections`)).body.items;
    const port = one.socket.localPort;
    const items = await list();
    expect(items).toHaveLength(2);
    expect(items[0]).toMatchObject({ door: "port", from: "127.0.0.1", actor: null, bytesIn: 3 });
    expect(port).toBeGreaterThan(0);
    const [first] = items;
    expect(
      (await ask("DELETE", `/api/boards/${board.uuid}/connections/${first.uuid}`)).status,
    ).toBe(204);
    await Promise.race([one.closed, two.closed]);
    const left = one.socket.destroyed ? two : one;
    left.socket.write("!");
    await until(() => left.said().endsWith("!"));
    left.socket.destroy();
    await until(async () => (await list()).length === 0);
  });

  it("is cut for everybody when it is withdrawn, and its port rests", async () => {
    const { publicPort, service } = await exposed();
    const caller = call(publicPort);
    caller.socket.write("x");
    await until(() => caller.said() === "x");
    await ask("DELETE", `/api/boards/${board.uuid}/services/${service.name}`);
    await caller.closed;
    const late = call(publicPort);
    await late.closed;
    count += 1;
    await ask("POST", "/api/services", { name: `web-${count}`, port: 1 });
    const taken = await ask("PUT", `/api/boards/${board.uuid}/services/web-${count}`, {
      publicPort,
    });
    expect(taken.code).toBe("port.taken");
  });

  it("lets nobody in but its sources, from the moment that they are said", async () => {
    const { publicPort, service } = await exposed();
    const inside = call(publicPort);
    inside.socket.write("x");
    await until(() => inside.said() === "x");
    const path = `/api/boards/${board.uuid}/services/${service.name}`;
    expect((await ask("PUT", path, { sources: ["192.0.2.0/24"] })).status).toBe(200);
    await inside.closed;
    const outside = call(publicPort);
    await outside.closed;
    expect(outside.said()).toBe("");
    await ask("PUT", path, { sources: ["127.0.0.0/8"] });
    const again = call(publicPort);
    again.socket.end("x");
    await again.closed;
    expect(again.said()).toBe("x");
  });

  it("closes by itself when its time is over", async () => {
    const { publicPort, service } = await exposed({ ttlS: 1 });
    const caller = call(publicPort);
    caller.socket.write("x");
    await until(() => caller.said() === "x");
    await caller.closed;
    await until(async () =>
      (await ask("GET", `/api/boards/${board.uuid}/services`)).body.items.every(
        (each: Exposure) => each.service.name !== service.name,
      ),
    );
  });

  it("never takes a port that another program of the machine has", async () => {
    const squatter = createServer();
    const { ports } = { ports: 20_555 };
    await new Promise<void>((resolve) => squatter.listen(ports, "127.0.0.1", resolve));
    count += 1;
    await ask("POST", "/api/services", { name: `web-${count}`, port: 1 });
    const path = `/api/boards/${board.uuid}/services/web-${count}`;
    expect((await ask("PUT", path, { publicPort: ports })).code).toBe("port.taken");
    expect((await ask("PUT", path, { publicPort: 80 })).code).toBe("port.outside");
    squatter.close();
  });

  it("resets who comes when the board refuses, and says so in the record", async () => {
    const { publicPort } = await exposed();
    answer = (incoming) => incoming.refuse("service.not-allowed", "The board does not allow it.");
    const caller = call(publicPort);
    await caller.closed;
    await until(async () =>
      (await ask("GET", "/api/audit?action=stream.open")).body.items.some(
        ({ status }: { status: string }) => status === "denied",
      ),
    );
  });

  it("asks the one question at every connection, and records each", async () => {
    const { publicPort } = await exposed();
    const decisions = async () =>
      Number(
        /s4t_gateway_decisions_total\{door="port",outcome="allowed"\} (\d+)/.exec(
          (await cloud.call("GET", "/metrics")).text,
        )?.[1] ?? 0,
      );
    const before = await decisions();
    for (let i = 0; i < 20; i += 1) {
      const caller = call(publicPort);
      caller.socket.end("x");
      await caller.closed;
    }
    expect((await decisions()) - before).toBe(20);
    await until(
      async () =>
        (await ask("GET", "/api/audit?action=stream.pass&limit=200")).body.items.filter(
          ({ facts }: { facts: { publicPort?: number } }) => facts.publicPort === publicPort,
        ).length === 20,
    );
  });
});

describe("a ticket", () => {
  it("opens nothing when it is made up, or used a second time", async () => {
    const caller = call((await exposed()).publicPort);
    caller.socket.end("hello");
    await caller.closed;
    expect(tickets.length).toBeGreaterThan(0);
    for (const ticket of ["A".repeat(32), tickets[0] as string])
      await expect(dial(ticket, () => {}, { proof: proofOf(ticket) })).rejects.toThrow();
  });

  it("is the board's alone: who read it on its way opens nothing, and takes nothing from the board", async () => {
    const { publicPort } = await exposed();
    const dials = onDial;
    onDial = async (ticket, by) => {
      for (const proof of [undefined, "00", proofOf(ticket, createEd25519KeyPair()), proofOf("x")])
        await expect(dial(ticket, () => {}, proof === undefined ? {} : { proof })).rejects.toThrow(
          "401",
        );
      await dials(ticket, by);
    };
    const caller = call(publicPort);
    caller.socket.end("hello");
    await caller.closed;
    onDial = dials;
    expect(caller.said()).toBe("hello");
  });

  it("ends with the session that was asked to dial: the next one is asked itself", async () => {
    const { publicPort } = await exposed();
    const dials = onDial;
    let late = "";
    onDial = async (ticket) => {
      late = ticket;
      await new Promise(() => {});
    };
    const caller = call(publicPort);
    caller.socket.end("hello");
    await until(() => late !== "");
    onDial = dials;
    await join();
    await expect(dial(late, () => {}, { proof: proofOf(late) })).rejects.toThrow("401");
    await caller.closed;
    expect(caller.said()).toBe("hello");
    expect(opened.at(-1)?.epoch).toBe(session.epoch);
  });
});

describe("a tunnel", () => {
  it("is of one session: new streams go to the present one, those that are open go on", async () => {
    const { publicPort } = await exposed();
    const early = call(publicPort);
    early.socket.write("early");
    await until(() => early.said() === "early");
    const before = session.epoch;
    await join();
    expect(session.epoch).toBeGreaterThan(before);
    const late = call(publicPort);
    late.socket.end("late");
    await late.closed;
    expect(late.said()).toBe("late");
    expect(opened.at(-1)?.epoch).toBe(session.epoch);
    early.socket.end(" and on");
    await early.closed;
    expect(early.said()).toBe("early and on");
  });

  it("that breaks without a word holds a new stream up for less than 5 s", async () => {
    const { publicPort } = await exposed();
    const dials = onDial;
    const path = await openPath(new URL(cloud.url));
    onDial = (ticket, by) => dials(ticket, by, path.url);
    const before = call(publicPort);
    before.socket.write("before");
    await until(() => before.said() === "before");
    onDial = dials;
    path.cut();
    const began = performance.now();
    const callers = ["one", "two", "three"].map((word) => {
      const caller = call(publicPort);
      caller.socket.end(word);
      return { caller, word };
    });
    for (const { caller, word } of callers) {
      await caller.closed;
      expect(caller.said()).toBe(word);
    }
    expect(performance.now() - began).toBeLessThan(5_000);
    before.socket.destroy();
    path.close();
  });

  it("is not taken for broken while the board is slow to answer", async () => {
    const { publicPort } = await exposed();
    answer = (incoming) => void setTimeout(() => echo(incoming), 3_500);
    const dialled = tickets.length;
    const caller = call(publicPort);
    caller.socket.end("slow");
    await caller.closed;
    expect(caller.said()).toBe("slow");
    expect(tickets.length - dialled).toBe(1);
  });
});

describe("a way", () => {
  const way = async (verb: string, body: object = {}) =>
    (await ask("POST", `/api/boards/${board.uuid}/${verb}`, body)).body;
  const nothing = (incoming: IncomingStream) => incoming.refuse("stream.refused", "no");

  it("leads a client's streams to the board, bytes and messages alike", async () => {
    answer = echo;
    const { ticket } = await way("shell");
    const tunnel = await dial(ticket, nothing);
    const stream = await tunnel.open({ kind: "shell", args: { cols: 80, rows: 24 } }, {});
    let text = "";
    const messages: unknown[] = [];
    stream.listen({
      onData(bytes) {
        text += Buffer.from(bytes).toString();
        stream.consumed(bytes.length);
      },
      onEnd: () => {},
      onReset: () => {},
      onDrain: () => {},
      onMessage: (message) => messages.push(message),
    });
    stream.write(Buffer.from("ls\n"));
    stream.message({ kind: "window", cols: 100, rows: 40 });
    await until(() => text === "ls\n" && messages.length === 1);
    expect(messages).toEqual([{ kind: "window", cols: 100, rows: 40 }]);
    const [connection] = (await ask("GET", `/api/boards/${board.uuid}/connections`)).body.items;
    expect(connection).toMatchObject({ door: "shell", actor: "admin" });
    tunnel.close("cancelled");
    await until(
      async () =>
        (await ask("GET", `/api/boards/${board.uuid}/connections`)).body.items.length === 0,
    );
  });

  it("is for what it was asked for, and nothing else", async () => {
    const { ticket } = await way("shell");
    const tunnel = await dial(ticket, nothing);
    const before = opened.length;
    for (const request of [
      { kind: "tcp", args: { host: "127.0.0.1", port: 22 } },
      { kind: "files-get", args: { path: "/etc/shadow" } },
      { kind: "shell", args: { cols: 0, rows: 24 } },
      { kind: "nonsense", args: {} },
    ])
      await expect(tunnel.open(request, {})).rejects.toThrow();
    expect(opened).toHaveLength(before);
    tunnel.close("cancelled");
  });

  it("to a port stands in the board's target as long as its client is there", async () => {
    answer = echo;
    const forwards = async () =>
      ((await takeTarget()).sections.services?.entries ?? []).filter(({ key }) =>
        key.startsWith("forward."),
      );
    const { ticket } = await way("forward", { host: "127.0.0.1", port: 22 });
    expect((await forwards()).map(({ value }) => value)).toEqual([
      { host: "127.0.0.1", port: 22, protocol: "tcp" },
    ]);
    const tunnel = await dial(ticket, nothing);
    const stream = await tunnel.open({ kind: "tcp", args: { host: "127.0.0.1", port: 22 } }, {});
    expect(opened.at(-1)).toMatchObject({ kind: "tcp", args: { host: "127.0.0.1", port: 22 } });
    stream.reset("cancelled");
    await expect(
      tunnel.open({ kind: "tcp", args: { host: "127.0.0.1", port: 23 } }, {}),
    ).rejects.toMatchObject({ code: "stream.refused" });
    tunnel.close("cancelled");
    await until(async () => (await forwards()).length === 0);
  });

  it("to a port that the board's owner does not allow is refused by the board", async () => {
    refuses = (key) => key.startsWith("forward.");
    const refused = await ask("POST", `/api/boards/${board.uuid}/forward`, {
      host: "10.0.0.1",
      port: 80,
    });
    refuses = () => false;
    expect([refused.status, refused.code]).toEqual([403, "service.not-allowed"]);
    expect(refused.body.title).toBe("Its owner does not allow it.");
  });

  it("ends with the token that it was asked for with", async () => {
    answer = echo;
    const token = (await ask("POST", "/api/tokens", { name: "short", expiresInS: 3_600 })).body;
    const shell = await cloud.call("POST", `/api/boards/${board.uuid}/shell`, {
      token: token.secret,
      body: {},
    });
    const tunnel = await dial(shell.body.ticket, nothing);
    await tunnel.open({ kind: "shell", args: { cols: 80, rows: 24 } }, {});
    expect((await ask("DELETE", `/api/tokens/${token.token.uuid}`)).status).toBe(204);
    const began = performance.now();
    await tunnel.ended;
    expect(performance.now() - began).toBeLessThan(8_000);
  }, 15_000);
});
