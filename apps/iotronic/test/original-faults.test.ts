// Boards with the original agent when things go wrong: silence, floods, nonsense, an outage of ours, a board that moves to our agent.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnrolment } from "@s4t/contract";
import { systemClock } from "@s4t/kit";
import { type ClientSession, joinRealm, jsonCodec, openPeer } from "@s4t/wamp";
import { connectWebSocket, createEd25519KeyPair } from "@s4t/wamp/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ORIGINAL_OFFER_WAIT_MS } from "../src/link/legacy/calls.ts";
import { MAX_STRANGERS_OF_ADDRESS } from "../src/link/legacy/strangers.ts";
import { enrolWith, joinAs } from "./board.ts";
import { type Answered, openTestCloud, type TestCloud } from "./cloud.ts";
import { anOriginal, connectOriginal, joinOriginals, legacyArgs } from "./original.ts";

let cloud: TestCloud;
/** So much further is the cloud's monotonic clock. */
let ahead = 0;
const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + ahead };
beforeAll(async () => {
  cloud = await openTestCloud({ clock }, legacyArgs);
}, 60_000);
afterAll(() => cloud.close());

const ask = (method: string, path: string, body?: unknown): Promise<Answered> =>
  cloud.call(method, path, {
    token: cloud.admin,
    ...(body === undefined ? {} : { body }),
    headers: { prefer: "wait=20" },
  });
const statusOf = async (uuid: string) => (await ask("GET", `/api/boards/${uuid}`)).body.status;

it("a board that fell silent is replaced by the one that comes; one that is at work is not", async () => {
  const { uuid } = await anOriginal(cloud, "silent");
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const silent = await connectOriginal(cloud, uuid, {
    methods: { DevicePing: () => new Promise(() => {}), DeviceEcho: () => held.then(() => "done") },
  });
  ahead += ORIGINAL_OFFER_WAIT_MS + 1;
  const work = ask("POST", `/api/boards/${uuid}/original`, {
    method: "DeviceEcho",
    args: [{ say: "x" }],
  });
  await expect.poll(() => silent.calls.length).toBe(1);
  await expect(connectOriginal(cloud, uuid)).rejects.toThrow("connected already");
  release();
  expect((await work).body.status).toBe("done");
  const next = await connectOriginal(cloud, uuid);
  await silent.session.closed;
  expect((await ask("POST", `/api/boards/${uuid}/ping`, {})).status).toBe(200);
  expect(next.calls.map(({ method }) => method)).toEqual(["DevicePing"]);
  await next.session.close();
});

it("nonsense of a board is its failure and nobody's else", async () => {
  const { uuid } = await anOriginal(cloud, "nonsense");
  const answers: unknown[] = [
    ...["", "[]", "null", "{}", "{", '{"result":"MAYBE","message":1}', '{"result":1}'],
    ...[
      '{"__proto__":{"result":"SUCCESS"}}',
      `{"result":"SUCCESS","message":${"[".repeat(500)}${"]".repeat(500)}}`,
    ],
    ...[7, null, { result: "SUCCESS" }, []],
  ];
  const board = await connectOriginal(cloud, uuid, { offers: false });
  let answer: unknown;
  await board.session.register(`iotronic.${board.session.id}.${uuid}.DeviceNetConfig`, () => ({
    args: [answer],
  }));
  for (answer of answers) {
    const { body } = await ask("POST", `/api/boards/${uuid}/original`, {
      method: "DeviceNetConfig",
    });
    expect([answer, body.status, body.problem?.code]).toEqual([answer, "failed", "board.failed"]);
  }
  const { session } = board;
  for (const [procedure, kwargs] of [
    ["iotronic.stack4things.notify_result", { board_uuid: uuid, wampmessage: "{" }],
    [
      "iotronic.stack4things.notify_result",
      { board_uuid: uuid, wampmessage: '{"result":"SUCCESS","message":1}' },
    ],
    ["iotronic.stack4things.notify_result", { board_uuid: [uuid] }],
    ["iotronic.stack4things.notify_result", {}],
    ["iotronic.stack4things.echo", { data: "x".repeat(5_000) }],
    ["iotronic.stack4things.connection", {}],
  ] as const)
    await expect(session.call(procedure, { kwargs })).rejects.toThrow();
  expect((await session.call("iotronic.stack4things.echo", { args: ["ciao"] })).args).toEqual([
    "ciao",
  ]);
  expect(
    typeof (await session.call("iotronic.stack4things.wamp_alive", { args: [uuid, "nonsense"] }))
      .args[0],
  ).toBe("string");
  expect(cloud.complaints.filter(({ level }) => level === "error")).toEqual([]);
  await session.close();
});

it("strangers who only sit there leave room, and one who floods is told so", async () => {
  const { uuid } = await anOriginal(cloud, "beside");
  const strangers: ClientSession[] = [];
  for (let i = 0; i < MAX_STRANGERS_OF_ADDRESS; i += 1) strangers.push(await joinOriginals(cloud));
  const last = await joinOriginals(cloud);
  expect((await last.closed).message).toMatch(/Too many/);
  await strangers.pop()?.close();
  const board = await connectOriginal(cloud, uuid);
  const [rude] = strangers;
  const floods = Array.from({ length: 500 }, () =>
    rude?.call("stack4things.register", { kwargs: { code: "no-such-code", session: 1 } }).then(
      () => "answered",
      ({ uri }: { uri: string }) => uri,
    ),
  );
  const told = new Set(await Promise.all(floods));
  expect([...told]).toContain("wamp.error.unavailable");
  expect((await ask("POST", `/api/boards/${uuid}/ping`, {})).status).toBe(200);
  for (const each of strangers) await each.close();
  await board.session.close();
});

it("a board that is retired, or moves to our agent, is no original board any more", async () => {
  const { uuid } = await anOriginal(cloud, "mover");
  const board = await connectOriginal(cloud, uuid);
  const { body } = await ask("POST", `/api/boards/${uuid}/enrolment`, {});
  const key = createEd25519KeyPair();
  await (await enrolWith(cloud, parseEnrolment(body.enrolment).code, key)).close();
  await board.session.closed;
  await expect(connectOriginal(cloud, uuid)).rejects.toThrow("not known");
  const ours = await joinAs(cloud, { uuid, name: "mover", key });
  await expect.poll(() => statusOf(uuid)).toBe("online");
  expect((await ask("GET", `/api/boards/${uuid}`)).body.agent.kind).toBe("lightning-rod");
  await ours.session.close();

  const second = await anOriginal(cloud, "retired");
  const gone = await connectOriginal(cloud, second.uuid);
  await ask("POST", `/api/boards/${second.uuid}/retire`, {});
  await gone.session.closed;
  await expect(connectOriginal(cloud, second.uuid)).rejects.toThrow("not known");
});

it("a cloud that takes no original boards makes no codes for them", async () => {
  const plain = await openTestCloud();
  const body = { name: "x", agent: "original" };
  const answer = await plain.call("POST", "/api/boards", { token: plain.admin, body });
  expect([answer.status, answer.code, plain.cloud.legacy]).toEqual([409, "legacy.off", undefined]);
  await plain.close();
});

it("beyond loopback speaks TLS, or says loudly that it does not", async () => {
  const secure = await openTestCloud({}, [...legacyArgs, "--listen", "127.0.0.2"]);
  const port = secure.cloud.legacy?.ports().wamp;
  const ca = readFileSync(join(secure.folder, "ca.pem"), "utf8");
  const at = { url: `wss://127.0.0.2:${port}/`, subprotocol: jsonCodec.subprotocol };
  const transport = await connectWebSocket({ ...at, tls: { ca } }, { clock: systemClock });
  const session = await joinRealm(
    openPeer(transport, jsonCodec),
    { realm: "s4t" },
    { clock: systemClock },
  );
  const made = await secure.call("POST", "/api/boards", {
    token: secure.admin,
    body: { name: "secure", agent: "original" },
  });
  const { args } = await session.call("stack4things.register", {
    kwargs: { code: made.body.enrolment.enrolment, session: session.id },
  });
  const { wamp } = JSON.parse(String(args[0])).message.iotronic;
  expect(wamp["main-agent"].url).toBe(`wss://127.0.0.2:${port}/`);
  await expect(
    connectWebSocket({ ...at, url: `ws://127.0.0.2:${port}/` }, { clock: systemClock }),
  ).rejects.toThrow();
  const tunnels = `wss://127.0.0.2:${secure.cloud.legacy?.ports().wstun}/?id=x`;
  const refused = new WebSocket(tunnels, "tunnel-protocol", { ca });
  const [, { statusCode }] = await once(
    refused.on("error", () => {}),
    "unexpected-response",
  );
  expect(statusCode).toBe(401);
  refused.terminate();
  expect(secure.complaints).toEqual([]);
  await session.close();
  await secure.close();

  const plain = await openTestCloud({}, [
    ...legacyArgs,
    "--listen",
    "127.0.0.2",
    "--legacy.plain",
    "true",
  ]);
  expect(JSON.stringify(plain.complaints)).toContain("WITHOUT TLS");
  await plain.close();
});
