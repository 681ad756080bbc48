// The bare wire of a board's session, and what may come along it: right messages, right ones spoilt, and rubbish.
import { CONTRACT, LINK_REALM, toHex } from "@s4t/contract";
import { systemClock } from "@s4t/kit";
import { jsonCodec, type Message, type TransportEnd } from "@s4t/wamp";
import { connectWebSocket } from "@s4t/wamp/node";
import fc from "fast-check";
import { batchOf, credentialsOf, type EnrolledBoard, entryRow, linkOf } from "./board.ts";
import type { TestCloud } from "./cloud.ts";

/** How a session ended: the reason of the ABORT or GOODBYE before, and the socket's own end. */
export interface WireEnd extends TransportEnd {
  readonly said: string | undefined;
}

export interface Wire {
  /** Sends a frame as it is. */
  say(frame: string | Uint8Array): void;
  /** Says a call after everything said before, and waits until it is answered or the session ends. */
  probe(): Promise<"alive" | WireEnd>;
  readonly heard: Message[];
  /** The RESULT or ERROR of a request. */
  answerTo(request: number): Promise<Message>;
  readonly ended: Promise<WireEnd>;
  close(): void;
}

/** Probes have numbers that nothing else has. */
const firstProbe = 2 ** 40;
let probes = 0;

/** Joins as this board, by hand. */
export const openWire = async (cloud: TestCloud, board: EnrolledBoard): Promise<Wire> => {
  const { subprotocol } = jsonCodec;
  const transport = await connectWebSocket(
    { url: linkOf(cloud.url), subprotocol, maxFrameBytes: 4 * 1_048_576 },
    { clock: systemClock },
  );
  const heard: Message[] = [];
  const waiting = new Set<() => void>();
  let end: WireEnd | undefined;
  const hear = (): void => {
    for (const look of [...waiting]) look();
  };
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  transport.listen({
    onMessage(data) {
      const message = jsonCodec.decode(data);
      if (message.kind !== "unknown") heard.push(message);
      hear();
    },
    onClose({ code, reason }) {
      const last = heard.at(-1);
      const said = last?.kind === "abort" || last?.kind === "goodbye" ? last.reason : undefined;
      end = { code, reason, said };
      hear();
    },
  });
  const find = (request: number) =>
    heard.find(
      (each) => (each.kind === "result" || each.kind === "error") && each.request === request,
    );
  const first = <K extends Message["kind"]>(kind: K) =>
    until(() => heard.find((each): each is Extract<Message, { kind: K }> => each.kind === kind));
  const say = (message: Message) => transport.send(jsonCodec.encode(message));
  const credentials = credentialsOf(board);
  const authextra = {
    contract: CONTRACT,
    features: ["board"],
    version: "0",
    pubkey: board.key.publicKey,
  };
  say({
    kind: "hello",
    realm: LINK_REALM,
    details: {
      roles: { caller: {}, callee: { features: { call_canceling: true } } },
      authmethods: ["cryptosign"],
      authid: toHex(board.uuid),
      authextra: { ...authextra, channel_binding: null },
    },
  });
  const { extra } = await first("challenge");
  say({ kind: "authenticate", ...(await credentials.answer(extra)) });
  await first("welcome");
  return {
    say: (frame) => transport.send(frame),
    heard,
    answerTo: (request) => until(() => find(request)),
    ended: until(() => end),
    async probe() {
      probes += 1;
      const request = firstProbe + probes;
      say({
        kind: "call",
        request,
        options: {},
        procedure: "s4t.cloud.report.backlog",
        args: [{}],
      });
      return until(() => (find(request) ? "alive" : end));
    },
    close: () => transport.close(1000, "done"),
  };
};

const call = (procedure: string, args: object) => [48, 7, {}, `s4t.cloud.${procedure}`, [args]];

/** Messages that a board may say, to be spoilt. */
const rightOnes: readonly unknown[] = [
  call("target.get", { have: { settings: "0".repeat(64) }, jobsAfter: 0 }),
  call("report.backlog", {}),
  call("report.append", batchOf(1, [entryRow(1, "reached")])),
  call(
    "report.append",
    batchOf(1, [{ kind: "points", atMs: 1, monotonicMs: 1, values: { a: 1 } }]),
  ),
  call("report.append", batchOf(1, [{ kind: "series", series: { a: { unit: "1", periodS: 1 } } }])),
  call("report.append", batchOf(1, [{ kind: "result", id: "x", state: "done", result: {} }])),
  call("report.append", batchOf(1, [{ kind: "dropped", fromMs: 1, toMs: 2, count: 3 }])),
  call("report.append", batchOf(1, [{ kind: "moon" }, []])),
  [64, 7, { match: "prefix" }, "s4t.board."],
  [32, 7, {}, "s4t.news"],
  [16, 7, { acknowledge: true }, "s4t.news", [1]],
  [49, 7, { mode: "kill" }],
  [66, 7, 1],
  [34, 7, 1],
  [70, 1, {}],
  [8, 68, 1, {}, "s4t.error.board.failed"],
];

const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    ...[
      -1,
      0,
      1.5,
      2 ** 53,
      2 ** 53 + 2,
      1e308,
      -1e308,
      "",
      "\u0000",
      "x".repeat(70_000),
      "\ud800",
    ],
    ...[null, true, [], {}, [[]], { a: {} }, "__proto__", "s4t.cloud.", "wamp.session.kill"],
  ),
);

/** One place of a value, however deep, replaced, left out or doubled. */
const spoil = (value: unknown, path: readonly number[], junk: unknown, how: number): unknown => {
  if (typeof value !== "object" || value === null || path.length === 0) return junk;
  const isList = Array.isArray(value);
  const members = Object.entries(value);
  const [at = 0, ...deeper] = path;
  const chosen = members[at % Math.max(1, members.length)];
  if (!chosen) return isList ? [junk] : { junk };
  const [name, member] = chosen;
  const next = members.flatMap((each): [string, unknown][] => {
    if (each !== chosen) return [each];
    if (deeper.length > 0 && typeof member === "object" && member !== null)
      return [[name, spoil(member, deeper, junk, how)]];
    if (how % 3 === 0) return [];
    return how % 3 === 1 ? [[name, junk]] : [each, [isList ? "" : "more", junk]];
  });
  return isList ? next.map(([, each]) => each) : Object.fromEntries(next);
};

/** A frame that no agent of ours would send. */
export const anyFrame: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...rightOnes),
        fc.array(fc.nat(12), { minLength: 1, maxLength: 5 }),
        strange,
        fc.nat(2),
      )
      .map(([right, path, junk, how]) => JSON.stringify(spoil(right, path, junk, how))),
  },
  { weight: 2, arbitrary: fc.array(strange, { maxLength: 6 }).map((list) => JSON.stringify(list)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(90), fc.array(strange, { maxLength: 5 }))
      .map(([code, rest]) => JSON.stringify([code, ...rest])),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "[".repeat(50_000),
      `[48,7,{},"s4t.cloud.report.append",[${"[".repeat(40)}${"]".repeat(40)}]]`,
      '[48,7,{"__proto__":{"authrole":"cloud"}},"s4t.cloud.report.backlog",[{}]]',
      '[48,7,{},"s4t.cloud.target.get",[{"have":{"constructor":"x"},"jobsAfter":0}]]',
      '[48,7,{},"s4t.cloud.target.get",[{"have":{},"jobsAfter":1e999}]]',
    ),
  },
);

/** What is wrong with how a session ended, or undefined: only ever by the protocol's own words. */
const complaintAbout = (end: WireEnd): string | undefined => {
  const isViolation = end.said === "wamp.error.protocol_violation" && end.code === 1002;
  // A board may also say GOODBYE or ABORT, and is answered or let go.
  const isLeaving = end.code === 1000;
  return isViolation || isLeaving ? undefined : JSON.stringify(end);
};

/**
 * Says `runs` frames on sessions of `board`, which joins anew whenever it was thrown out; now and then looks that `witness` still
 * answers. Throws at the first complaint, with the frame and the seed.
 */
export const sayAnything = async (
  cloud: TestCloud,
  board: EnrolledBoard,
  witness: () => Promise<string | undefined>,
  options: { readonly runs: number; readonly seed: number },
): Promise<{ readonly ends: number }> => {
  let wire = await openWire(cloud, board);
  let ends = 0;
  let said = 0;
  await fc.assert(
    fc.asyncProperty(anyFrame, async (frame) => {
      wire.say(frame);
      const now = await wire.probe();
      said += 1;
      if (said % 50 === 0) {
        const complaint = await witness();
        if (complaint !== undefined) throw new Error(`somebody else noticed: ${complaint}`);
      }
      const ours = wire.heard.find(
        (each) => "error" in each && each.error === "s4t.error.internal",
      );
      if (ours) throw new Error(`a fault of ours: ${JSON.stringify(ours)}`);
      if (now === "alive") return;
      ends += 1;
      const complaint = complaintAbout(now);
      wire = await openWire(cloud, board);
      if (complaint !== undefined) throw new Error(complaint);
    }),
    { numRuns: options.runs, seed: options.seed, endOnFailure: true },
  );
  wire.close();
  return { ends };
};
