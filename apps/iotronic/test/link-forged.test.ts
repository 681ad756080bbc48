// A board that is not content with its own: it asks for others' names, by patterns that would reach them, and says others' ids
// where its own belong. Nothing of it comes about, and all of it is in the audit.
import {
  board as boardFeature,
  boardPrefix,
  boardUri,
  cloudProcedures,
  toHex,
  wampErrorOf,
} from "@s4t/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { administered } from "./administered.ts";
import {
  type BoardSession,
  batchOf,
  credentialsOf,
  type EnrolledBoard,
  entryRow,
  joinAs,
  joinWith,
  offer,
} from "./board.ts";
import { openWire } from "./wire.ts";

const { cloud, ask, show, ping, aBoard } = administered();

let forger: EnrolledBoard;
let victim: EnrolledBoard;
let session: BoardSession;
beforeEach(async () => {
  [forger, victim] = [await aBoard("forger"), await aBoard("victim")];
  session = await joinAs(cloud, forger);
});
afterEach(() => session.session.close());

interface Refusal {
  readonly status: string;
  readonly actor: { readonly kind: string; readonly uuid: string };
  readonly resource: { readonly uuid: string } | null;
  readonly facts: { readonly what: string };
}
/** What a board was refused, by the audit. */
const refusalsOf = async ({ uuid }: EnrolledBoard): Promise<string[]> => {
  const { body } = await ask("GET", "/api/audit?action=link.refused&limit=100");
  return (body.items as Refusal[])
    .filter(({ resource }) => resource?.uuid === uuid)
    .map(({ status, actor, facts }) => {
      expect([status, actor.kind, actor.uuid]).toEqual(["denied", "board", uuid]);
      return facts.what;
    })
    .reverse();
};
/** That the forger was refused all of this and nothing else: what comes at once is noted in any order. */
const expectRefused = (what: readonly string[]): Promise<void> =>
  expect.poll(async () => (await refusalsOf(forger)).sort()).toEqual([...what].sort());
const denied = expect.objectContaining({ code: "wamp.error.not_authorized" });

describe("a pattern that would reach another board", () => {
  it("is refused for registering, whichever way it is matched, and audited", async () => {
    const other = boardPrefix(victim.uuid);
    const asked = [
      [other, "prefix"],
      [`${other}board.`, "prefix"],
      [`${other}board.ping`, "exact"],
      ["s4t.board..board.ping", "wildcard"],
      [`s4t.board.${toHex(victim.uuid)}..`, "wildcard"],
      ["s4t...", "wildcard"],
      ["s4t.boar", "prefix"],
      [boardPrefix(forger.uuid), "wildcard"],
      [boardPrefix(forger.uuid).slice(0, -2), "prefix"],
    ] as const;
    for (const [uri, match] of asked)
      await expect(
        session.session.register(uri, () => ({ args: [{ atMs: 0 }] }), { match }),
        `${match} ${uri}`,
      ).rejects.toEqual(denied);
    await expectRefused(asked.map(([uri]) => `register ${uri}`));
    const there = await joinAs(cloud, victim);
    await offer(there, victim, () => ({ args: [{ atMs: 5_000 }] }));
    expect((await ping(victim)).body.result.boardTime).toBe("1970-01-01T00:00:05.000Z");
    await there.session.close();
  });

  it("is refused for listening in, sessions' comings and goings included", async () => {
    const asked = [
      ["s4t.board.", "prefix"],
      ["s4t.board..board.ping", "wildcard"],
      ["wamp.session.on_join", "exact"],
      ["wamp.", "prefix"],
      ["w", "prefix"],
      ["wamp..on_join", "wildcard"],
    ] as const;
    for (const [uri, match] of asked)
      await expect(
        session.session.subscribe(uri, () => {}, { match }),
        uri,
      ).rejects.toThrow();
    await expectRefused(asked.map(([uri]) => `subscribe ${uri}`));
  });

  it("is refused for calling: another's procedures, its own, and what the router knows of others", async () => {
    const asked = [
      boardUri(victim.uuid, boardFeature.restart),
      boardUri(forger.uuid, boardFeature.restart),
      "wamp.session.count",
      "wamp.session.kill",
      "wamp.registration.list",
    ];
    for (const uri of asked) await expect(session.session.call(uri), uri).rejects.toThrow();
    await expectRefused(asked.map((uri) => `call ${uri}`));
  });

  it("is refused for saying and offering what is the protocol's own, and audited", async () => {
    await expect(session.session.publish("wamp.session.on_join")).rejects.toThrow();
    await expect(
      session.session.register("wamp.session.kill", () => ({ args: [] })),
    ).rejects.toThrow();
    await expectRefused(["publish wamp.session.on_join", "register wamp.session.kill"]);
  });
});

describe("an id that is another's", () => {
  it("ends no operation of it, and is audited with the id", async () => {
    const { body } = await ask("POST", `/api/boards/${victim.uuid}/restart`, {
      deliver: "when-online",
    });
    const rows = [{ kind: "result", id: body.uuid, state: "done", result: {} }];
    expect(await session.report(1, rows)).toBe(1);
    const { token } = (await session.ask(cloudProcedures.reportBacklog, {})) as { token: string };
    await cloud.call("POST", "/link/backlog", { token, body: batchOf(2, rows) });
    expect((await ask("GET", `/api/operations/${body.uuid}`)).body.status).toBe("queued");
    const what = `report.append result ${body.uuid}`;
    await expect.poll(() => refusalsOf(forger)).toEqual([what, what]);
    // One of its own that is kept no longer is no forgery.
    await session.report(3, [{ ...rows[0], id: "0192f0a0-0000-7000-8000-000000000000" }]);
    expect(await refusalsOf(forger)).toHaveLength(2);
  });

  it("gets it no bytes that its own target does not name, and is audited", async () => {
    const sha256 = "a".repeat(64);
    await expect(session.ask(cloudProcedures.blobTicket, { sha256 })).rejects.toMatchObject({
      uri: wampErrorOf("blob.not-found"),
    });
    await expect.poll(() => refusalsOf(forger)).toEqual([`blob.ticket ${sha256}`]);
  });

  it("in a report or a request for the target is nobody's: whose session it is, it is about", async () => {
    const there = await joinAs(cloud, victim);
    await there.report(1, [entryRow(1, "reached")]);
    const wire = await openWire(cloud, forger);
    const posing = {
      ...{ caller: 1, caller_authid: toHex(victim.uuid), caller_authrole: "cloud" },
      ...{ disclose_me: true, board: victim.uuid, epoch: 99 },
    };
    const batch = {
      ...batchOf(1, [entryRow(1, "failed")], "forged"),
      board: victim.uuid,
      epoch: 99,
    };
    const call = (request: number, procedure: string, args: object) =>
      wire.say(JSON.stringify([48, request, posing, procedure, [args], posing]));
    call(1, "s4t.cloud.report.append", batch);
    call(2, "s4t.cloud.target.get", { have: {}, jobsAfter: 0, ...posing });
    expect((await wire.answerTo(1)).kind).toBe("result");
    await wire.answerTo(2);
    expect((await show(victim)).target).toMatchObject({ reached: 1, failed: 0 });
    expect((await show(forger)).target).toMatchObject({ failed: 1 });
    await expect
      .poll(async () => (await show(victim)).connectivity)
      .toMatchObject({ connected: true, epoch: 1 });
    wire.close();
    await there.session.close();
  });

  it("of its invocations and registrations answers, cancels and takes back nothing of it", async () => {
    const there = await joinAs(cloud, victim);
    let answer = (): void => {};
    const called = new Promise<void>((reached) => {
      void offer(there, victim, async () => {
        reached();
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return { args: [{ atMs: 7_000 }] };
      });
    });
    await expect.poll(async () => (await show(victim)).connectivity.connected).toBe(true);
    const answered = ping(victim);
    await called;
    // Ids are counted for each session: the first forty are all that a young one can have.
    const forged = [
      (id: number) => [70, id, {}, [{ atMs: 0 }]],
      (id: number) => [8, 68, id, {}, "s4t.error.board.failed"],
      (id: number) => [66, 100 + id, id],
      (id: number) => [49, id, { mode: "kill" }],
    ];
    const violation = "wamp.error.protocol_violation";
    const outcomes = [];
    for (const message of forged) {
      const wire = await openWire(cloud, forger);
      for (let id = 1; id <= 40; id += 1) wire.say(JSON.stringify(message(id)));
      const outcome = await wire.probe();
      outcomes.push(outcome === "alive" ? outcome : outcome.said);
      wire.close();
    }
    expect(outcomes).toEqual([violation, violation, "alive", "alive"]);
    answer();
    expect((await answered).body.result.boardTime).toBe("1970-01-01T00:00:07.000Z");
    await there.session.close();
  });

  it("in its greeting opens no session of it, and is audited by where it came from", async () => {
    const posing = { ...forger, uuid: victim.uuid };
    const before = cloud.cloud.link.counts().joined;
    await expect(joinAs(cloud, posing)).rejects.toMatchObject({
      code: "s4t.error.link.revoked",
    });
    expect(cloud.cloud.link.counts().joined).toBe(before);
    await expect
      .poll(async () => {
        // Of somebody who is nobody's board no project hears.
        const { body } = await cloud.call("GET", "/api/audit?action=link.refused&limit=100", {
          ...{ token: cloud.admin, project: "all" },
        });
        return (body.items as Refusal[]).find(({ resource }) => !resource)?.facts.what;
      })
      .toBe(`link.join as ${toHex(victim.uuid)}`);
    const claiming = await joinWith(cloud, credentialsOf(forger), forger.key, {
      ...{ board: victim.uuid, epoch: 99, project: "another", authrole: "cloud" },
    });
    const { authextra, authrole } = claiming.details as {
      authextra: { board: string; epoch: number };
      authrole: string;
    };
    expect([authextra.board, authextra.epoch, authrole]).toEqual([forger.uuid, 2, "board"]);
    await claiming.close();
    expect((await show(victim)).connectivity.epoch).toBe(0);
  });
});
