// Bad input on the link: the session that says it ends with the right words, or the request that holds it is refused; nobody else
// notices.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BoardSession, type EnrolledBoard, enrolBoard, joinAs, offer } from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { openWire, sayAnything } from "./wire.ts";

let cloud: TestCloud;
let board: EnrolledBoard;
let other: EnrolledBoard;
let there: BoardSession;
beforeAll(async () => {
  cloud = await openTestCloud();
  board = await enrolBoard(cloud, "rude");
  other = await enrolBoard(cloud, "polite");
  there = await joinAs(cloud, other);
  await offer(there, other, () => ({ args: [{ atMs: 1 }] }));
}, 60_000);
afterAll(async () => {
  await there.session.close();
  await cloud.close();
});

/** How the other board answers; undefined: as ever. */
const witness = async (): Promise<string | undefined> => {
  const path = `/api/boards/${other.uuid}/ping`;
  const { status, text } = await cloud.call("POST", path, { token: cloud.admin, body: {} });
  return status === 200 ? undefined : text;
};
const errors = () => cloud.complaints.filter(({ level }) => level === "error");
const append = (rows: string) =>
  `[48,7,{},"s4t.cloud.report.append",[{"bootId":"b","seq":1,"sentAtMs":1,"synchronised":true,"rows":${rows}}]]`;

/** A right call, but for an argument so deep. */
const nested = (depth: number) =>
  `[48,7,{},"s4t.cloud.report.backlog",[{},${"[".repeat(depth - 2)}${"]".repeat(depth - 2)}]]`;

describe("a frame", () => {
  it.each<[string, string | Uint8Array]>([
    ["of bad JSON", "[48,7,{}"],
    ["that is no list", '{"code":48}'],
    ["without a code", '["call"]'],
    ["with a negative code", "[-1]"],
    ["with a broken code", "[48.5,7]"],
    ["with the number 0", '[48,0,{},"s4t.cloud.report.backlog"]'],
    ["with a number beyond 2^53", '[48,9007199254740994,{},"s4t.cloud.report.backlog"]'],
    ["with a text for a number", '[48,"7",{},"s4t.cloud.report.backlog"]'],
    ["with a list for options", '[48,7,[],"s4t.cloud.report.backlog"]'],
    ["with a number for a name", "[48,7,{},48]"],
    ["with arguments that are no list", '[48,7,{},"s4t.cloud.report.backlog",{}]'],
    ["with too many fields", '[48,7,{},"s4t.cloud.report.backlog",[],{},1]'],
    ["with a prototype's key", '[48,7,{"__proto__":{}},"s4t.cloud.report.backlog"]'],
    ["with the same, escaped", '[48,7,{"\\u005f_proto__":{}},"s4t.cloud.report.backlog"]'],
    ["with a constructor", '[48,7,{},"s4t.cloud.report.backlog",[{"constructor":1}]]'],
    ["nested 33 deep", nested(33)],
    ["nested without end", nested(500_000)],
    ["of bytes", new Uint8Array([0x91, 0x30])],
    ["that greets a second time", '[1,"s4t",{"roles":{"caller":{}}}]'],
    ["that only a router says", "[2,7,{}]"],
    ["that answers what was never asked", "[70,77,{}]"],
    ["that fails what was never asked", '[8,68,77,{},"s4t.error.board.failed"]'],
    ["that cancels in no known way", '[49,7,{"mode":"soon"}]'],
  ])("%s ends the session with a protocol violation, and no other", async (_, frame) => {
    const wire = await openWire(cloud, board);
    wire.say(frame);
    expect(await wire.probe()).toMatchObject({ said: "wamp.error.protocol_violation", code: 1002 });
    expect([await witness(), errors()]).toEqual([undefined, []]);
  });

  it("of more than a megabyte ends the session before it is read", async () => {
    const wire = await openWire(cloud, board);
    wire.say(append(`["${"x".repeat(1_048_576)}"]`));
    expect(await wire.ended).toMatchObject({ code: 1009 });
    expect(await witness()).toBeUndefined();
  });

  it("of a kind that nobody knows is counted, and harms nothing", async () => {
    const wire = await openWire(cloud, board);
    const { unknownMessages } = cloud.cloud.link.counts();
    for (const frame of ["[999]", '[51,{"a":1},[],"b"]', "[0]"]) wire.say(frame);
    expect(await wire.probe()).toBe("alive");
    expect(cloud.cloud.link.counts().unknownMessages).toBe(unknownMessages + 3);
    wire.close();
  });

  it("nested as deep as may be is served", async () => {
    const wire = await openWire(cloud, board);
    wire.say(nested(32));
    expect(await wire.answerTo(7)).toMatchObject({ kind: "result" });
    wire.close();
  });

  it("that belongs to nothing any more harms nothing", async () => {
    const wire = await openWire(cloud, board);
    for (const frame of ["[49,77,{}]", "[66,7,99]", "[34,7,99]"]) wire.say(frame);
    expect(await wire.probe()).toBe("alive");
    wire.close();
  });
});

describe("a call", () => {
  it.each([
    ["without arguments", '[48,7,{},"s4t.cloud.target.get"]'],
    ["with a text for an object", '[48,7,{},"s4t.cloud.target.get",["x"]]'],
    [
      "with a number beyond all jobs",
      '[48,7,{},"s4t.cloud.target.get",[{"have":{},"jobsAfter":1e300}]]',
    ],
    ["with an infinite number", '[48,7,{},"s4t.cloud.target.get",[{"have":{},"jobsAfter":1e999}]]'],
    ["with no rows", append("[]")],
    ["with 501 rows", append(`[${"0,".repeat(500)}0]`)],
    ["with rows that are no list", append("{}")],
    ["with a number of rows beyond all", append("[1]").replace('"seq":1', '"seq":1e300')],
    ["with a NUL in a name", append("[1]").replace('"b"', '"\\u0000"')],
  ])("%s is refused with a code that says where, and the session goes on", async (_, frame) => {
    const wire = await openWire(cloud, board);
    wire.say(frame);
    expect(await wire.answerTo(7)).toMatchObject({
      error: "s4t.error.request.invalid",
      kwargs: { where: expect.any(String) },
    });
    expect([await wire.probe(), errors()]).toEqual(["alive", []]);
    wire.close();
  });

  it("with members that nobody knows is served: a newer agent says more", async () => {
    const wire = await openWire(cloud, board);
    wire.say(
      '[48,7,{"new":1},"s4t.cloud.target.get",[{"have":{},"jobsAfter":0,"new":{}}],{"more":1}]',
    );
    expect(await wire.answerTo(7)).toMatchObject({ kind: "result" });
    wire.close();
  });

  it.each([
    ["of kinds that nobody knows", '[{"kind":"moon"},null,7,[],"x"]', 5],
    [
      "that name an entry twice",
      `[{"kind":"entries","revision":1,"entries":[${'{"key":"a","hash":"h","state":"reached"},'.repeat(2)}{"key":"b","hash":"h","state":"failed"}]}]`,
      1,
    ],
    ["of a job that never was", '[{"kind":"result","id":"moon","state":"done"}]', 1],
  ])(
    "with rows %s is acknowledged: they are dropped, not asked for again",
    async (_, rows, acked) => {
      const wire = await openWire(cloud, board);
      wire.say(append(rows).replace('"b"', `"${Math.random()}"`));
      expect(await wire.answerTo(7)).toMatchObject({ kind: "result", args: [{ acked }] });
      expect(errors()).toEqual([]);
      wire.close();
    },
  );
});

it("whatever a board says, only its own session may end, and only by the protocol's words", async () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  const { ends } = await sayAnything(cloud, board, witness, { runs: 300, seed });
  // Both kinds were tried: what ends a session, and what does not.
  expect(ends).toBeGreaterThan(10);
  expect(ends).toBeLessThan(290);
  expect([await witness(), errors()]).toEqual([undefined, []]);
});
