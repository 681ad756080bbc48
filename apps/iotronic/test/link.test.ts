// What a board may say on its link and what not, and what becomes of a call to it.
import {
  board as boardFeature,
  boardPrefix,
  boardUri,
  cloudProcedures,
  cloudUri,
} from "@s4t/contract";
import { WampError } from "@s4t/wamp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { administered } from "./administered.ts";
import {
  type BoardSession,
  type EnrolledBoard,
  enrolBoard,
  joinAs,
  offer,
  startEnrolment,
} from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { dialectOfRun } from "./database.ts";

const { cloud, ping, aBoard } = administered();

const code = (text: string) => expect.objectContaining({ code: text });

describe("a board's session", () => {
  let board: EnrolledBoard;
  let joined: BoardSession;
  beforeAll(async () => {
    board = await aBoard();
    joined = await joinAs(cloud, board);
  });
  afterAll(() => joined.session.close());
  const denied = code("wamp.error.not_authorized");

  it.each([
    ["another board's prefix", boardPrefix("0192f0a0-0000-7000-8000-000000000000"), "prefix"],
    ["a prefix of all boards", "s4t.board.", "prefix"],
    ["the prefix of everything", "s4t.", "prefix"],
    ["the cloud's procedures", "s4t.cloud.", "prefix"],
    ["one procedure of the cloud", "s4t.cloud.report.append", "exact"],
  ] as const)("may not register %s", async (_, uri, match) => {
    const register = joined.session.register(uri, () => undefined, { match });
    await expect(register).rejects.toEqual(denied);
  });
  it("may not register its own name but as the prefix", async () => {
    const own = boardPrefix(board.uuid);
    const { session } = joined;
    for (const [uri, match] of [
      [`${own}board.ping`, "exact"],
      [`${own}board.`, "prefix"],
      [own.slice(0, -1), "prefix"],
    ] as const)
      await expect(session.register(uri, () => undefined, { match })).rejects.toEqual(denied);
  });
  it("registers its prefix once, and again only after it took it back", async () => {
    const prefix = boardPrefix(board.uuid);
    const handler = () => ({ args: [{ atMs: 1 }] });
    const first = await joined.session.register(prefix, handler, { match: "prefix" });
    await expect(joined.session.register(prefix, handler, { match: "prefix" })).rejects.toEqual(
      code("wamp.error.procedure_already_exists"),
    );
    await first.unregister();
    await (await joined.session.register(prefix, handler, { match: "prefix" })).unregister();
  });
  it("may not subscribe or publish, to anything", async () => {
    for (const topic of ["s4t.board.x", `${boardPrefix(board.uuid)}news`, "any.topic"]) {
      await expect(joined.session.subscribe(topic, () => {})).rejects.toEqual(denied);
      await expect(joined.session.publish(topic)).rejects.toEqual(denied);
    }
    await expect(joined.session.subscribe("s4t.", () => {}, { match: "prefix" })).rejects.toEqual(
      denied,
    );
  });
  it("may call three procedures of the cloud, and no other board", async () => {
    const other = await aBoard();
    const there = await joinAs(cloud, other);
    await offer(there, other, () => ({ args: [{ atMs: 1 }] }));
    for (const uri of [
      boardUri(other.uuid, boardFeature.ping),
      boardUri(board.uuid, boardFeature.ping),
      "s4t.cloud.target",
      "s4t.cloud.report.append2",
      "wamp.session.list",
    ])
      await expect(joined.session.call(uri, { args: [{}] })).rejects.toEqual(
        code(uri.startsWith("wamp.") ? "wamp.error.invalid_uri" : "wamp.error.not_authorized"),
      );
    const target = await joined.ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 });
    expect(target).toMatchObject({ target: { sections: { settings: { entries: [{}, {}] } } } });
    await there.session.close();
  });
  it("leaves refusals in the audit log, ten a minute at most", async () => {
    const { body } = await cloud.call("GET", "/api/audit?action=link.refused&limit=100", {
      token: cloud.admin,
    });
    const own = body.items.filter(
      (entry: { resource: { uuid: string } | null }) => entry.resource?.uuid === board.uuid,
    );
    expect(own).toHaveLength(10);
    expect(own[0]).toMatchObject({ status: "denied", actor: { kind: "board" } });
    expect(cloud.cloud.link.counts().refused).toBeGreaterThan(10);
  });
});

describe("a board that comes and goes", () => {
  it("leaves the index of texts alone, as long as it comes from where it came before", async () => {
    const board = await aBoard();
    /** What changes with every writing of its texts. */
    const written = async () =>
      (
        await cloud.sql(
          dialectOfRun === "sqlite"
            ? "select coalesce(sum(length(block)), 0) as mark from boards_search_data"
            : `select xmin::text as mark from boards_search where uuid = '${board.uuid}'`,
        )
      )[0]?.mark;
    const connected = async () =>
      (await cloud.call("GET", `/api/boards/${board.uuid}`, { token: cloud.admin })).body
        .connectivity.connected;
    const comeAndGo = async (): Promise<void> => {
      const { session } = await joinAs(cloud, board);
      await expect.poll(connected).toBe(true);
      await session.close();
      await expect.poll(connected).toBe(false);
    };
    await comeAndGo();
    const before = await written();
    expect(before).toBeDefined();
    await comeAndGo();
    expect(await written()).toBe(before);
    const found = await cloud.call("GET", "/api/boards?text=127.0.0.1", { token: cloud.admin });
    expect(found.body.items.map(({ uuid }: EnrolledBoard) => uuid)).toContain(board.uuid);
  });
});

describe("a session that only enrolled", () => {
  it("may do nothing", async () => {
    const { board, session } = await startEnrolment(cloud, "board");
    const denied = code("wamp.error.not_authorized");
    const register = session.register(boardPrefix(board.uuid), () => undefined, {
      match: "prefix",
    });
    await expect(register).rejects.toEqual(denied);
    const call = session.call(cloudUri(cloudProcedures.reportBacklog), { args: [{}] });
    await expect(call).rejects.toEqual(denied);
    expect((await ping(board)).code).toBe("board.offline");
    await session.close();
  });
});

describe("a call to a board", () => {
  /** A board that answers every call as `handler` says; and what a ping of it comes to. */
  const answering = async (handler: Parameters<typeof offer>[2]) => {
    const board = await aBoard();
    const joined = await joinAs(cloud, board);
    await offer(joined, board, handler);
    return { board, joined };
  };

  it.each([
    ["an answer of another form", () => ({ args: [{ atMs: "noon" }] }), "board.failed"],
    ["no answer at all", () => undefined, "board.failed"],
    ["a refusal of its own", () => refuse("board.storage"), "board.storage"],
    ["a code that is the cloud's to say", () => refuse("auth.required"), "board.failed"],
    ["that it does not exist", () => refuse("board.not_found"), "board.failed"],
    ["a code that nobody knows", () => refuse("moon.full"), "command.unknown"],
  ])(
    "that gives %s fails with a code that says whose fault it is",
    async (_, handler, expected) => {
      const { board, joined } = await answering(handler);
      const answer = await ping(board);
      expect([answer.code, answer.status >= 500]).toEqual([expected, true]);
      await joined.session.close();
    },
  );
  it("that fails with a hundred thousand words is told in short", async () => {
    const { board, joined } = await answering(() => {
      const words = "no ".repeat(100_000);
      throw new WampError("s4t.error.board.failed", words, { args: [words], kwargs: { words } });
    });
    const answer = await ping(board);
    expect(answer.code).toBe("board.failed");
    expect(answer.text.length).toBeLessThan(2_000);
    await joined.session.close();
  });
  it("given up by its caller interrupts the board, whose late answer harms nobody", async () => {
    let interrupted: Promise<unknown> | undefined;
    const { board, joined } = await answering(({ signal }) => {
      interrupted = new Promise((resolve) =>
        signal.addEventListener("abort", () => resolve(signal.reason)),
      );
      // It answers all the same, later.
      return new Promise((resolve) => setTimeout(() => resolve({ args: [{ atMs: 1 }] }), 300));
    });
    const leaving = new AbortController();
    const asked = fetch(`${cloud.url}/api/boards/${board.uuid}/ping`, {
      method: "POST",
      headers: { authorization: `Bearer ${cloud.admin}`, "content-type": "application/json" },
      body: "{}",
      signal: leaving.signal,
    });
    await expect.poll(() => interrupted !== undefined).toBe(true);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    expect(await interrupted).toMatchObject({ code: "wamp.error.canceled" });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await ping(board)).status).toBe(200);
    expect(joined.session.id).toBeGreaterThan(0);
    await joined.session.close();
  });
  it("beyond its time interrupts the board and ends with a code; what comes late is nobody's", async () => {
    const heard: { timeoutMs: number | undefined; reason: Promise<unknown> }[] = [];
    const { board, joined } = await answering(({ signal, timeoutMs }) => {
      const reason = new Promise((resolve) =>
        signal.addEventListener("abort", () => resolve(signal.reason)),
      );
      heard.push({ timeoutMs, reason });
      return new Promise((resolve) => setTimeout(() => resolve({ args: [{ atMs: 1 }] }), 400));
    });
    const { link } = cloud.cloud;
    const call = link.command(
      board.uuid as never,
      boardFeature.ping,
      {},
      {
        signal: new AbortController().signal,
        timeoutMs: 100,
      },
    );
    await expect(call).rejects.toEqual(code("deadline.exceeded"));
    expect(heard[0]?.timeoutMs).toBe(100);
    expect(await heard[0]?.reason).toMatchObject({ code: "wamp.error.timeout" });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await ping(board)).status).toBe(200);
    await joined.session.close();
  });
  it("beyond what a board can have under way is refused at once", async () => {
    const { board, joined } = await answering(() => new Promise(() => {}));
    const { signal } = new AbortController();
    const { link } = cloud.cloud;
    const calls = Array.from({ length: 64 }, () =>
      link.command(board.uuid as never, boardFeature.ping, {}, { signal }).catch(() => undefined),
    );
    expect((await ping(board)).code).toBe("board.busy");
    await joined.session.close();
    await Promise.all(calls);
  });
});

const refuse = (code: string): never => {
  throw new WampError(`s4t.error.${code}`, "The board says so.");
};

describe("a board whose contract is", () => {
  let wide: TestCloud;
  beforeAll(async () => {
    wide = await openTestCloud({ contracts: { newest: 4, oldest: 2 } });
  }, 60_000);
  afterAll(() => wide.close());
  const speaking = async (contract: number) => {
    const board = await enrolBoard(wide, `contract-${contract}`);
    const joined = await joinAs(wide, board, { contract });
    await offer(joined, board, () => ({ args: [{ atMs: 1 }] }));
    const call = (verb: string, body: unknown = {}) =>
      wide.call("POST", `/api/boards/${board.uuid}/${verb}`, { token: wide.admin, body });
    return { board, joined, call };
  };
  const fetchTarget = ({ joined }: { joined: BoardSession }) =>
    joined.ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 }) as Promise<{
      target: { sections: Record<string, unknown> };
      jobs: unknown[];
    }>;

  it.each([4, 3, 2])("%s of 4 to 2 is served whole", async (contract) => {
    const board = await speaking(contract);
    expect((await board.call("ping")).status).toBe(200);
    await board.call("restart", { deliver: "when-online" });
    const { target, jobs } = await fetchTarget(board);
    expect([Object.keys(target.sections), jobs.length]).toEqual([["settings", "trust"], 1]);
    expect(board.joined.session.details.authextra).not.toHaveProperty("upgradeOnly");
    await board.joined.session.close();
  });
  it("older joins only to be upgraded: it is seen, and neither commanded nor given anything else", async () => {
    const board = await speaking(1);
    expect(board.joined.session.details.authextra).toMatchObject({
      contract: 4,
      upgradeOnly: true,
    });
    const refused = await board.call("ping");
    expect([refused.status, refused.code]).toEqual([409, "board.upgrade-only"]);
    expect(refused.body.title).toContain("contract 1");
    await board.call("restart", { deliver: "when-online" });
    const { target, jobs } = await fetchTarget(board);
    // The key that an upgrade will be signed with, and nothing else.
    expect([Object.keys(target.sections), jobs]).toEqual([["trust"], []]);
    const seen = await wide.call("GET", `/api/boards/${board.board.uuid}`, { token: wide.admin });
    expect(seen.body.agent.contract).toBe(1);
    await board.joined.session.close();
  });
  it("newer than the cloud's is refused with what is spoken here", async () => {
    const board = await enrolBoard(wide, "contract-5");
    await expect(joinAs(wide, board, { contract: 5 })).rejects.toMatchObject({
      code: "s4t.error.link.version",
      message: expect.stringContaining("2 to 4"),
    });
  });
});
