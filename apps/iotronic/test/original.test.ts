// Boards that run the original agent: they register, connect, are asked and answer, drop and come back, and reach nothing of others.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WRONG_CODES_MS } from "../src/link/legacy/guesses.ts";
import { enrolBoard } from "./board.ts";
import { type Answered, openTestCloud, type TestCloud } from "./cloud.ts";
import {
  anOriginal,
  connectOriginal,
  Ended,
  joinOriginals,
  legacyArgs,
  registerOriginal,
} from "./original.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud({}, legacyArgs);
}, 60_000);
afterAll(() => cloud.close());

const ask = (method: string, path: string, body?: unknown): Promise<Answered> =>
  cloud.call(method, path, {
    token: cloud.admin,
    ...(body === undefined ? {} : { body }),
    headers: { prefer: "wait=20" },
  });
// biome-ignore lint/suspicious/noExplicitAny: as of every answer
const show = async (uuid: string): Promise<any> => (await ask("GET", `/api/boards/${uuid}`)).body;
const until = async (uuid: string, status: string): Promise<void> => {
  await expect.poll(async () => (await show(uuid)).status, { timeout: 10_000 }).toBe(status);
};
/** What the audit says of refusals on the link. */
const refusals = async (): Promise<string[]> =>
  (await ask("GET", "/api/audit?action=link.refused&limit=200")).body.items.map(
    ({ facts }: { facts: { what?: string } }) => facts.what ?? "",
  );
const refusedOnes = async (): Promise<number> =>
  Number(
    /^s4t_legacy_refused_total\{kind="connection"\} (\d+)$/m.exec(
      (await cloud.call("GET", "/metrics")).text,
    )?.[1] ?? 0,
  );
const isRefused = (what: RegExp): Promise<void> =>
  expect
    .poll(async () => (await refusals()).some((each) => what.test(each)), { timeout: 5_000 })
    .toBe(true);

describe("registration", () => {
  it("gives the first settings, whole, as the agent insists on them", async () => {
    const { settings, code } = await anOriginal(cloud, "first");
    const { board, extra, wamp } = settings.iotronic;
    expect(extra).toEqual({});
    expect(Object.keys(board)).toEqual(
      expect.arrayContaining([
        ...["uuid", "code", "name", "status", "type", "mobile", "extra", "agent"],
        ...["created_at", "updated_at", "location"],
      ]),
    );
    expect(board).toMatchObject({
      code,
      name: "first",
      status: "registered",
      type: "server",
      agent: "iotronic",
    });
    expect(board.location).toMatchObject({ longitude: "0", latitude: "0", altitude: "0" });
    const agent = { url: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/$/), realm: "s4t" };
    expect(wamp).toEqual({ "registration-agent": agent, "main-agent": agent });
  });

  it("is repeated as long as the board has not connected, and never after", async () => {
    const { uuid, code } = await anOriginal(cloud, "repeated");
    expect((await registerOriginal(cloud, code)).result).toBe("SUCCESS");
    const board = await connectOriginal(cloud, uuid);
    await board.session.close();
    expect(await registerOriginal(cloud, code)).toEqual({
      result: "ERROR",
      message: "This enrolment code was used already.",
    });
  });

  it("knows no code of a board that has a key, and no code that is another's", async () => {
    const made = await ask("POST", "/api/boards", { name: "of-ours" });
    const { code } = JSON.parse(
      Buffer.from(made.body.enrolment.enrolment.split(".")[1] ?? "e30", "base64url").toString() ||
        "{}",
    ) as { code?: string };
    expect((await registerOriginal(cloud, (code ?? "unknown-code").slice(0, 36))).result).toBe(
      "ERROR",
    );
    await ask("POST", "/api/boards", { name: "one", agent: "original", code: "chosen-code" });
    const second = await ask("POST", "/api/boards", {
      name: "two",
      agent: "original",
      code: "chosen-code",
    });
    expect([second.status, second.code]).toEqual([409, "enrolment.code-taken"]);
    expect(
      (await ask("POST", "/api/boards", { name: "three", agent: "original", code: "short" }))
        .status,
    ).toBe(422);
  });
});

describe("a connected board", () => {
  it("is online under its kind, answers, and says what it cannot do", async () => {
    const { uuid } = await anOriginal(cloud, "online");
    const board = await connectOriginal(cloud, uuid);
    await until(uuid, "online");
    expect(await show(uuid)).toMatchObject({
      agent: { kind: "original", version: "0.5.0", contract: null },
      fingerprint: null,
      connectivity: { connected: true, address: "127.0.0.1" },
    });
    expect((await ask("POST", `/api/boards/${uuid}/ping`, {})).status).toBe(200);
    const info = await ask("GET", `/api/boards/${uuid}/info`);
    expect(info.body).toMatchObject({
      hostname: "lamp",
      interfaces: [{ name: "eth0", addresses: ["10.0.0.7"] }],
    });
    for (const [method, path, body] of [
      ["PATCH", "settings", { sensors: { enabled: false } }],
      ["POST", "restart", { deliver: "when-online" }],
      ["POST", "reboot", { deliver: "when-online" }],
    ] as const) {
      const answer = await ask(method, `/api/boards/${uuid}/${path}`, body);
      expect([path, answer.status, answer.code]).toEqual([path, 501, "board.original"]);
    }
    await board.session.close();
    await until(uuid, "offline");
    expect((await show(uuid)).why.code).toBe("agent-stopped");
  });

  it("restarts, reboots and runs what only its agent has; ERROR is its failure", async () => {
    const { uuid } = await anOriginal(cloud, "commands");
    const board = await connectOriginal(cloud, uuid, {
      methods: { DeviceMountFs: () => new Ended("ERROR", "no such disk") },
    });
    expect((await ask("POST", `/api/boards/${uuid}/restart`, {})).body.result).toEqual({
      backWithinS: 120,
    });
    expect((await ask("POST", `/api/boards/${uuid}/reboot`, {})).body.status).toBe("done");
    const echo = await ask("POST", `/api/boards/${uuid}/original`, {
      method: "DeviceEcho",
      args: [{ say: "ciao" }],
    });
    expect(echo.body.result.message).toMatch(/^ciao @ /);
    expect(board.calls.map(({ method }) => method)).toEqual([
      "DeviceRestartLR",
      "DeviceReboot",
      "DeviceEcho",
    ]);
    expect(board.calls[0]).toMatchObject({
      request: { uuid: expect.any(String), main_request_uuid: null, action: "DeviceRestartLR" },
      args: [{ delay: 3 }],
    });
    const failed = await ask("POST", `/api/boards/${uuid}/original`, {
      method: "DeviceMountFs",
      args: [{ mnt_cmd: "mount_rw" }],
    });
    expect(failed.body).toMatchObject({
      status: "failed",
      problem: { code: "board.failed", sentence: expect.stringContaining("no such disk") },
    });
    const lacking = await ask("POST", `/api/boards/${uuid}/original`, {
      method: "DeviceEcho",
      args: [{}, {}],
    });
    expect(lacking.status).toBe(422);
    const injected = await ask("POST", `/api/boards/${uuid}/original`, {
      method: "DevicePkgOperation",
      args: [{ manager: "apt", command: "install", package: "vim; rm -rf /" }],
    });
    expect([injected.status, board.calls.length]).toEqual([422, 4]);
    await board.session.close();
  });

  it("ends what it answered RUNNING when it says so, in the same session or in the next", async () => {
    const { uuid } = await anOriginal(cloud, "later");
    const running = { methods: { DeviceUpgradeLR: () => new Ended("RUNNING", "at work") } };
    let board = await connectOriginal(cloud, uuid, running);
    const upgrade = () =>
      cloud.call("POST", `/api/boards/${uuid}/original`, {
        token: cloud.admin,
        body: { method: "DeviceUpgradeLR", args: [{ version: "0.5.1" }] },
      });
    const stateOf = async (operation: string) =>
      (await ask("GET", `/api/operations/${operation}`)).body;
    const started = await upgrade();
    expect(started.status).toBe(202);
    await expect.poll(() => board.calls.length).toBe(1);
    const { uuid: request } = (board.calls.at(0)?.request ?? {}) as { uuid: string };
    expect(request).toBe(started.body.uuid);
    expect((await stateOf(request)).status).toBe("running");
    expect(await board.notify(request, "SUCCESS", "upgraded")).toEqual({
      result: "SUCCESS",
      message: "",
    });
    await expect.poll(async () => (await stateOf(request)).status).toBe("done");
    expect((await stateOf(request)).result).toEqual({ result: "SUCCESS", message: "upgraded" });

    const second = (await upgrade()).body.uuid as string;
    await expect.poll(() => board.calls.length).toBe(2);
    await board.session.close();
    await expect.poll(async () => (await stateOf(second)).status).toBe("unknown");
    board = await connectOriginal(cloud, uuid, running);
    await board.notify(second, "SUCCESS", "late");
    await expect.poll(async () => (await stateOf(second)).status).toBe("done");
    await board.session.close();
  });

  it("takes older agents' calls without the request", async () => {
    const { uuid } = await anOriginal(cloud, "old");
    const board = await connectOriginal(cloud, uuid, {
      info: { lr_version: "0.4.7", mac_addr: "x" },
    });
    await ask("POST", `/api/boards/${uuid}/restart`, {});
    expect(board.calls[0]?.request).toEqual({ delay: 3 });
    await board.session.close();
  });
});

describe("nobody in that realm", () => {
  it("takes over a board that is there; one that fell silent is replaced", async () => {
    const { uuid } = await anOriginal(cloud, "claimed");
    const board = await connectOriginal(cloud, uuid);
    await until(uuid, "online");
    await new Promise((resolve) => setTimeout(resolve, 10));
    await expect(connectOriginal(cloud, uuid)).rejects.toThrow("connected already");
    await isRefused(/connection as .* which is connected/);
    expect((await ask("POST", `/api/boards/${uuid}/ping`, {})).status).toBe(200);
    await board.session.close();
  });

  it("connects as a board that has a key, as one that never registered, or in another's session", async () => {
    const before = await refusedOnes();
    const ours = await enrolBoard(cloud, "with-a-key");
    await expect(connectOriginal(cloud, ours.uuid)).rejects.toThrow("not known");
    const made = await ask("POST", "/api/boards", { name: "never", agent: "original" });
    await expect(connectOriginal(cloud, made.body.board.uuid)).rejects.toThrow("not known");
    await expect(connectOriginal(cloud, "../../etc/passwd")).rejects.toThrow("not known");
    const { uuid } = await anOriginal(cloud, "forged-session");
    await expect(connectOriginal(cloud, uuid, { session: 12_345 })).rejects.toThrow("another's");
    expect(await refusedOnes()).toBe(before + 4);
  });

  it("reaches a URI that is not of its own session and id", async () => {
    const { uuid } = await anOriginal(cloud, "confined");
    const other = await anOriginal(cloud, "neighbour");
    const victim = await connectOriginal(cloud, other.uuid);
    const board = await connectOriginal(cloud, uuid, { offers: false });
    const { session } = board;
    const stranger = await joinOriginals(cloud);
    const own = `iotronic.${session.id}.${uuid}.`;
    for (const uri of [
      ...[`iotronic.${victim.session.id}.${other.uuid}.DevicePing`, `${own}Anything`],
      ...[`iotronic.${session.id}.${other.uuid}.DevicePing`, "stack4things.register"],
      ...["iotronic.stack4things.connection", "s4t.board.x.board.ping"],
    ])
      await expect(session.register(uri, () => undefined)).rejects.toThrow();
    await expect(session.register(own, () => undefined, { match: "prefix" })).rejects.toThrow();
    await expect(
      session.register("iotronic...DevicePing", () => undefined, { match: "wildcard" }),
    ).rejects.toThrow();
    await expect(stranger.register(`${own}DevicePing`, () => undefined)).rejects.toThrow();
    for (const caller of [session, stranger])
      await expect(
        caller.call(`iotronic.${victim.session.id}.${other.uuid}.DevicePing`),
      ).rejects.toThrow();
    await expect(session.subscribe("wamp.session.on_join", () => {})).rejects.toThrow();
    await expect(session.publish("iotronic.any", { acknowledge: true })).rejects.toThrow();
    await expect(session.call("wamp.session.list")).rejects.toThrow();
    await expect(stranger.call("iotronic.stack4things.notify_result")).rejects.toThrow();
    await expect(
      session.call("stack4things.register", { kwargs: { code: "x", session: 1 } }),
    ).rejects.toThrow();
    await isRefused(new RegExp(`register iotronic\\.${victim.session.id}\\.${other.uuid}`));
    expect(victim.calls).toEqual([]);
    await Promise.all([stranger.close(), session.close(), victim.session.close()]);
  });

  it("ends an operation of another board", async () => {
    const first = await anOriginal(cloud, "worker");
    const second = await anOriginal(cloud, "liar");
    const worker = await connectOriginal(cloud, first.uuid, {
      methods: { DeviceUpgradeLR: () => new Ended("RUNNING", "at work") },
    });
    const liar = await connectOriginal(cloud, second.uuid);
    const started = await cloud.call("POST", `/api/boards/${first.uuid}/original`, {
      token: cloud.admin,
      body: { method: "DeviceUpgradeLR", args: [{ version: "1" }] },
    });
    await expect.poll(() => worker.calls.length).toBe(1);
    await liar.notify(started.body.uuid, "SUCCESS", "done, they say");
    await expect(
      liar.session.call("iotronic.stack4things.notify_result", {
        kwargs: {
          board_uuid: first.uuid,
          wampmessage: JSON.stringify({
            message: "x",
            result: "SUCCESS",
            req_id: started.body.uuid,
          }),
        },
      }),
    ).rejects.toThrow("another");
    expect((await ask("GET", `/api/operations/${started.body.uuid}`)).body.status).toBe("running");
    await isRefused(/report\.append result/);
    await worker.notify(started.body.uuid, "SUCCESS", "really");
    await Promise.all([worker.session.close(), liar.session.close()]);
  });

  it("guesses codes", async () => {
    const made = await ask("POST", "/api/boards", { name: "guessed", agent: "original" });
    for (let i = 0; i < 12; i += 1)
      await registerOriginal(cloud, `wrong-code-${i}`).catch(() => {});
    await expect(registerOriginal(cloud, made.body.enrolment.enrolment)).rejects.toThrow(
      "come again later",
    );
    expect(WRONG_CODES_MS).toBe(60_000);
  });
});
