// A peer that says anything to a router, while polite ones beside it must not notice. After each frame a reference says what has to
// follow: an answer, silence, or an end with its reason. It reads frames by `decode`, the router by `read`.
import { type Clock, seeded } from "@s4t/kit";
import { anonymousAuthenticator } from "../src/auth/anonymous.ts";
import type { Codec } from "../src/codec/codec.ts";
import { allCodecs } from "../src/codec/codecs.ts";
import type { Dict, Message } from "../src/messages/message.ts";
import { openPeer } from "../src/peer.ts";
import { createRouter, type Router } from "../src/router/router.ts";
import { trustByRules } from "../src/router/trust-levels.ts";
import type { TransportListener } from "../src/transport.ts";
import { createRudeFrames, type Frame } from "./rude-frames.ts";

import { Known, stays, violation } from "./rude-session.ts";

export interface RudeResult {
  readonly frames: number;
  sessions: number;
  /** Ends by reason: none that we promise may be missing, or it was not tried. */
  readonly ends: Record<string, number>;
  /** Answers by kind that the rude peer was given. */
  readonly answers: Record<string, number>;
  /** Events and invocations of the rude one that polite ones were given, in other serializers too. */
  heard: number;
  /** Parts of arguments that came through before the last one, of the rude one and for it. */
  parts: number;
  slowestMs: number;
  /** Bytes of the heap after a tenth, and at the end. */
  readonly heapBytes: number[];
}

/** No timer ever comes due; what is still held at the end is counted. */
const stillClock = () => {
  const held = new Set<object>();
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => 0,
    after: () => {
      const timer = { cancel: () => held.delete(timer) };
      held.add(timer);
      return timer as never;
    },
  } as Clock;
  return { clock, held };
};

/** One end of a transport in memory; what the router says is decoded, and must be a message. */
class Line {
  readonly codec: Codec;
  listener: TransportListener | undefined;
  told: Message[] = [];
  end: { code: number; reason: string } | undefined;

  constructor(router: Router, codec: Codec) {
    this.codec = codec;
    const transport = {
      bufferedAmount: 0,
      send: (frame: Frame) => {
        if (this.end) return;
        const message = codec.decode(frame);
        if (message.kind === "unknown") throw new RangeError(`the router said ${message.code}`);
        this.told.push(message);
      },
      close: (code: number, reason: string) => {
        this.end ??= { code, reason };
      },
      listen: (listener: TransportListener) => {
        this.listener = listener;
      },
    };
    router.attach(openPeer(transport, codec));
  }
  say(frame: Frame): void {
    this.listener?.onMessage(frame);
  }
  /** What was told since it was last asked. */
  fresh(): Message[] {
    const { told } = this;
    this.told = [];
    return told;
  }
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 8; i += 1) await Promise.resolve();
};

const partsIn = (messages: readonly Message[]): number =>
  messages.filter((one) => one.kind === "invocation" && one.details.progress === true).length;

/** A polite session: answers p.echo at once and p.slow later, follows what the rude one may publish to. */
class Polite {
  readonly line: Line;
  #slow: number[] = [];
  /** Its calls without a final answer. */
  readonly calls = new Set<number>();
  heard = 0;
  parts = 0;
  #request = 0;

  constructor(line: Line) {
    this.line = line;
  }
  async join(procedures: readonly string[]): Promise<void> {
    const features = { call_canceling: true, progressive_call_invocations: true };
    const details = { roles: { callee: { features }, caller: { features }, subscriber: {} } };
    this.say({ kind: "hello", realm: "realm", details });
    await settled();
    for (const procedure of procedures)
      this.say({ kind: "register", request: this.next(), options: {}, procedure });
    this.say({ kind: "subscribe", request: this.next(), options: {}, topic: "p.topic" });
    this.say({ kind: "subscribe", request: this.next(), options: { match: "prefix" }, topic: "r" });
    const kinds = this.line.fresh().map(({ kind }) => kind);
    if (kinds[0] !== "welcome" || kinds.includes("error")) throw new RangeError(`joined: ${kinds}`);
  }
  next(): number {
    this.#request += 1;
    return this.#request;
  }
  say(message: Message): void {
    this.line.say(this.line.codec.encode(message));
  }
  call(procedure: string, options: Dict): number {
    const request = this.next();
    this.calls.add(request);
    this.say({ kind: "call", request, options, procedure, args: [request] });
    return request;
  }
  /** A call in three parts, whatever becomes of it. */
  callInParts(procedure: string): void {
    const request = this.call(procedure, { progress: true });
    for (const options of [{ progress: true }, {}])
      this.say({ kind: "call", request, options, procedure, args: [request] });
  }
  /** Answers what was asked. */
  turn(answersSlow: boolean): void {
    for (const message of this.line.fresh()) {
      this.heard += 1;
      switch (message.kind) {
        case "invocation":
          this.parts += partsIn([message]);
          // Arguments in parts are answered when they are whole.
          if (message.details.progress === true) break;
          if (message.registration % 2 === 0 && !answersSlow) this.#slow.push(message.request);
          else this.say({ kind: "yield", request: message.request, options: {}, args: ["ok"] });
          break;
        case "interrupt":
        case "event":
          break;
        case "result":
          if (message.details.progress !== true) this.#ended(message.request);
          break;
        case "error":
          this.#ended(message.request);
          break;
        default:
          throw new RangeError(`a polite peer was told ${message.kind}`);
      }
    }
    if (answersSlow)
      for (const request of this.#slow.splice(0))
        this.say({ kind: "yield", request, options: {}, args: ["late"] });
    if (this.line.end) throw new RangeError(`a polite peer was put out: ${this.line.end.reason}`);
  }
  #ended(request: number): void {
    if (!this.calls.delete(request)) throw new RangeError(`call ${request} ended twice`);
  }
}

const sentenceOf = (frame: Frame): string =>
  typeof frame === "string"
    ? JSON.stringify(frame.slice(0, 300))
    : Buffer.from(frame.subarray(0, 150)).toString("hex");

/** Sends so many frames in one serializer; throws at the first thing that must not be. `gc` measures the heap. */
export const beRude = async (options: {
  readonly codec: Codec;
  readonly frames: number;
  readonly seed: number;
  readonly gc?: () => void;
}): Promise<RudeResult> => {
  const { codec, frames, seed, gc } = options;
  const random = seeded(seed);
  const { clock, held } = stillClock();
  const router = createRouter(
    {
      realms: [
        {
          ...{
            name: "realm",
            metaApi: true,
            retainedEvents: 3,
            authenticators: [anonymousAuthenticator()],
          },
          eventHistory: [
            { uri: "r.", match: "prefix", maxEvents: 20 },
            { uri: "p.topic", match: "exact", maxBytes: 4_096 },
          ],
          trust: trustByRules([{ uri: "r.one", match: "exact", level: 1 }]),
          authorize: (_session, _action, uri) =>
            uri.startsWith("denied.") || uri.startsWith("wamp.session.kill") ? "deny" : "allow",
          limits: { pendingCalls: 20, pendingInvocations: 20, registrations: 8, subscriptions: 8 },
        },
      ],
    },
    { clock, random },
  );
  const polites = allCodecs.map((one) => new Polite(new Line(router, one)));
  for (const [i, polite] of polites.entries())
    await polite.join(i === 0 ? ["p.echo", "p.slow"] : []);
  const [asker] = polites.slice(1) as [Polite, ...Polite[]];
  /** Events that are kept outlive who published them; all else ends with a session. */
  const holding = (): string => {
    const { retainedEvents: _, pastEvents: __, ...held } = router.realmCounts("realm") ?? {};
    return JSON.stringify(held);
  };
  const atRest = holding();
  const result: RudeResult = {
    ...{
      frames,
      sessions: 0,
      ends: {},
      answers: {},
      heard: 0,
      parts: 0,
      slowestMs: 0,
      heapBytes: [],
    },
  };
  const make = createRudeFrames(codec, random);
  const count = (of: Record<string, number>, what: string) => {
    of[what] = (of[what] ?? 0) + 1;
  };
  const everybody = (answersSlow: boolean) => {
    // What one answers another hears: until nobody has anything to say.
    for (let i = 0; i < 4; i += 1) for (const polite of polites) polite.turn(answersSlow);
  };

  let line = new Line(router, codec);
  let known = new Known();
  let rudeness = 0.1;
  const endSession = (at: number) => {
    line.listener?.onClose(line.end ?? { code: 1006, reason: "lost" });
    everybody(true);
    if (asker.calls.size > 0) throw new RangeError(`frame ${at}: calls without an answer`);
    const now = holding();
    if (now !== atRest) throw new RangeError(`frame ${at}: left behind ${now} for ${atRest}`);
    if (held.size > 0) throw new RangeError(`frame ${at}: ${held.size} timers are left`);
    const echo = asker.call("p.echo", {});
    everybody(true);
    if (asker.calls.has(echo)) throw new RangeError(`frame ${at}: the router answers nobody`);
    result.sessions += 1;
    line = new Line(router, codec);
    known = new Known();
    rudeness = random() < 0.8 ? 0.02 : random();
  };

  for (let sent = 0; sent < frames; sent += 1) {
    if (gc && (sent === Math.floor(frames / 10) || sent === frames - 1)) {
      gc();
      const { heapUsed, external } = process.memoryUsage();
      result.heapBytes.push(heapUsed + external);
    }
    const frame = make.next(known, rudeness);
    const wrong = (what: string) =>
      new RangeError(`frame ${sent}, ${what}; seed ${seed}: ${sentenceOf(frame)}`);
    let message: ReturnType<Codec["decode"]> | undefined;
    try {
      message = codec.decode(frame);
    } catch {
      message = undefined;
    }
    const expected =
      message === undefined
        ? violation
        : message.kind === "unknown"
          ? stays
          : known.expect(message);
    const startMs = performance.now();
    try {
      line.say(typeof frame === "string" ? frame : Uint8Array.from(frame));
    } catch (cause) {
      throw Object.assign(wrong("the router threw"), { cause });
    }
    result.slowestMs = Math.max(result.slowestMs, performance.now() - startMs);
    if (message?.kind === "hello" && expected.so === "stays") await settled();
    const fresh = line.fresh();
    for (const { kind } of fresh) count(result.answers, kind);
    if (line.end) {
      if (expected.so === "stays") throw wrong(`ended (${line.end.reason})`);
      const farewell = fresh.at(-1) as { reason?: string } | undefined;
      if (expected.so === "ends") {
        if (farewell?.reason !== expected.with) throw wrong(`ended with ${farewell?.reason}`);
        if (line.end.code !== expected.code) throw wrong(`closed with ${line.end.code}`);
      }
      count(result.ends, farewell?.reason ?? "none");
      endSession(sent);
      continue;
    }
    if (expected.so === "ends") throw wrong(`not ended with ${expected.with}`);
    const answer = expected.so === "stays" ? expected.answer : undefined;
    if (answer) {
      const given = fresh.filter(
        (one) =>
          (one.kind === answer.kind || one.kind === "error") &&
          "request" in one &&
          one.request === answer.request,
      );
      if (given.length !== 1) throw wrong(`${given.length} answers ${answer.kind}`);
    }
    if (message && message.kind !== "unknown") known.said(message, fresh);
    const what = random();
    const uri = random() < 0.5 ? "r.one" : "r.two";
    if (what < 0.12) asker.callInParts(uri);
    else if (what < 0.3) asker.call(uri, what < 0.15 ? { receive_progress: true } : {});
    else if (what < 0.4)
      asker.say({ kind: "publish", request: asker.next(), options: {}, topic: uri, args: [1] });
    everybody(random() < 0.3);
    const later = line.fresh();
    for (const { kind } of later) count(result.answers, kind);
    result.parts += partsIn(later);
    known.hear(later);
    // A power cut in the middle of it all.
    if (random() < 0.001) {
      count(result.ends, "lost");
      endSession(sent);
    }
  }
  result.heard = polites.reduce((sum, { heard }) => sum + heard, 0);
  result.parts += polites.reduce((sum, { parts }) => sum + parts, 0);
  endSession(frames);
  return result;
};
