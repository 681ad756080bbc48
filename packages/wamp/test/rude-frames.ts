// Frames that a peer might send: right ones, right ones with a member that is none, spoilt bytes, rubbish. All by chance from a seed.
import type { Codec } from "../src/codec/codec.ts";
import { encodeHead } from "../src/messages/encode.ts";
import type { Dict, Message } from "../src/messages/message.ts";

/** A frame as a transport hears it. */
export type Frame = string | Uint8Array;

/** What a frame may name, so that it means something now and then. */
export interface Within {
  /** Ids that this session was given or has given itself: of requests, invocations, registrations, subscriptions. */
  readonly ids: readonly number[];
  /** Invocations that wait for its answer. */
  readonly open: readonly number[];
  /** Calls of its own whose arguments go on in parts. */
  readonly streams: readonly { readonly request: number; readonly procedure: string }[];
  /** A request id that it has not used. */
  readonly unused: number;
  readonly isJoined: boolean;
}

const kinds = [
  ...(["call", "call", "call", "publish", "publish", "subscribe", "register"] as const),
  ...(["yield", "yield", "yield", "error", "cancel", "unsubscribe", "unregister"] as const),
];
const clientKinds = [...kinds, ...kinds, ...kinds, "hello", "authenticate"] as const;
const routerKinds = ["welcome", "challenge", "result", "event", "registered", "interrupt"] as const;
const uris = ["p.echo", "p.slow", "p.topic", "r.one", "r.two", "r..two", "r.", "r", "denied.x"];
const oddUris = [
  ...["wamp.session.add_testament", "wamp.registration.remove_callee"],
  ...["wamp.subscription.remove_subscriber", "wamp.session.flush_testaments"],
  ...["wamp.session.count", "wamp.subscription.get_events"],
  "wamp.session.on_join",
  "wamp.subscription.list",
  "wamp.",
];
const plainRoles: Dict = { caller: {}, callee: { features: { call_canceling: true } } };
const parts = { features: { call_canceling: true, progressive_call_invocations: true } };
const rolesWithParts: Dict = { caller: parts, callee: parts };
const wrongUris = ["", ".", "a b", "r#", "R.One", "r.\u0000", "x".repeat(300), "wamp.x", "é.è"];
const DEEP = 200;

/** Makes frames of one serializer. */
export const createRudeFrames = (codec: Codec, random: () => number) => {
  const below = (limit: number): number => Math.floor(random() * limit);
  const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const often = (share: number): boolean => random() < share;
  const isText = typeof codec.encode({ kind: "unsubscribed", request: 1 }) === "string";

  /** Any list as a frame, also where it is no message: the arguments of a YIELD, without the YIELD. */
  const frameOf = (list: readonly unknown[]): Frame => {
    if (isText) return JSON.stringify(list);
    const yielded: Message = { kind: "yield", request: 1, options: {} };
    const { length } = codec.encode(yielded);
    return (codec.encode({ ...yielded, args: list }) as Uint8Array).subarray(length);
  };

  const deep = (): unknown => {
    let value: unknown = 1;
    for (let i = below(DEEP); i > 0; i -= 1) value = often(0.5) ? [value] : { a: value };
    return value;
  };
  const anything = (): unknown =>
    oneOf<() => unknown>([
      () => oneOf([0, -1, 1.5, 2 ** 53, 2 ** 53 + 2, 2 ** 60, 1e300, -0, 7, 48]),
      () => oneOf([...wrongUris, ...uris, "prefix", "\ud800", "\u0000AAEC", "è 🌋"]),
      () => oneOf([null, true, false, [], {}, [[]], [{}], { a: [] }]),
      () => (isText ? "bytes" : new Uint8Array(below(40))),
      () => "x".repeat(below(3_000)),
      deep,
    ])();
  const payload = (): { args?: unknown[]; kwargs?: Dict } => {
    if (often(0.3)) return {};
    const args = Array.from({ length: below(4) }, anything);
    return often(0.5) ? { args } : { args, kwargs: { [oneOf(["a", "è", "reason"])]: anything() } };
  };
  const idOf = ({ ids }: Within): number =>
    ids.length > 0 && often(0.7) ? oneOf(ids) : often(0.9) ? 1 + below(30) : 2 ** 53;
  const uri = (): string =>
    often(0.85) ? oneOf(uris) : often(0.7) ? oneOf(oddUris) : oneOf(wrongUris);

  const someOptions: readonly (readonly [string, readonly unknown[]])[] = [
    ["match", ["exact", "prefix", "wildcard", null, "nearly", 7]],
    ["invoke", ["single", "first", "last", "roundrobin", "random", "all", {}]],
    ["acknowledge", [true, true, true, false, 1]],
    ["exclude_me", [false, true, "no"]],
    ["disclose_me", [true, 0]],
    ["exclude", [[], [1, 2], ["x"], 7, null]],
    ["eligible_authrole", [["anonymous"], [], [1], "x"]],
    ["receive_progress", [true, false, "x"]],
    ["progress", [true, false]],
    ["timeout", [0, 1, 50_000, -1, 1e99, "x", null]],
    ["retain", [true, true, "x"]],
    ["get_retained", [true, false, 1]],
    ["__proto_", [{}]],
  ];
  const options = (): Dict =>
    Object.fromEntries(
      Array.from({ length: below(4) }, () => oneOf(someOptions)).map(([name, values]) => [
        name,
        oneOf(often(0.8) ? values.slice(0, 2) : values),
      ]),
    );

  /** The first two subscriptions are those whose events are kept. */
  const askingHistory = (request: number): Message => {
    const bounds = ["limit", "reverse", "topic", "from_time", "until_time", "after_publication"];
    const right = ["2026-01-01T00:00:00Z", 3, true, "r.one", "1970-01-01T00:00:00.000Z"];
    const kwargs: Dict = { [oneOf(bounds)]: often(0.7) ? oneOf(right) : anything() };
    const args = [often(0.8) ? 1 + below(2) : anything()];
    return {
      ...{ kind: "call", request, options: {}, procedure: "wamp.subscription.get_events" },
      ...(often(0.5) ? { args } : { args, kwargs }),
    };
  };

  const hello = (): Message => ({
    kind: "hello",
    realm: often(0.99) ? "realm" : uri(),
    details: {
      roles: often(0.99) ? (often(0.9) ? rolesWithParts : plainRoles) : {},
      ...(often(0.97) ? {} : { authmethods: oneOf<unknown>([["anonymous"], ["ticket"], "x", []]) }),
    },
  });

  const saying = (kind: Message["kind"], within: Within): Message => {
    const request = often(0.97) ? within.unused : idOf(within);
    const invocation = within.open.length > 0 && often(0.97) ? oneOf(within.open) : idOf(within);
    switch (kind) {
      case "hello":
        return hello();
      case "call":
        if (within.streams.length > 0 && often(0.4)) {
          const goesOn = { options: often(0.6) ? { progress: true } : options(), ...payload() };
          const stream = oneOf(within.streams);
          return often(0.97)
            ? { kind, ...stream, ...goesOn }
            : { kind, ...stream, ...goesOn, procedure: uri() };
        }
        if (often(0.1)) return askingHistory(request);
        return {
          ...{ kind, request, procedure: uri(), ...payload() },
          options: often(0.2) ? { ...options(), progress: true } : options(),
        };
      case "publish":
        return { kind, request, options: options(), topic: uri(), ...payload() };
      case "subscribe":
        return { kind, request, options: options(), topic: uri() };
      case "register":
        return { kind, request, options: options(), procedure: uri() };
      case "yield":
        return {
          ...{ kind, request: invocation, ...payload() },
          options: often(0.3) ? { progress: true } : often(0.9) ? {} : options(),
        };
      case "error": {
        const requestKind = often(0.98) ? "invocation" : "call";
        return {
          kind,
          requestKind,
          request: invocation,
          details: {},
          error: "r.wrong",
          ...payload(),
        };
      }
      case "cancel":
      case "interrupt": {
        const mode = oneOf(often(0.98) ? ["skip", "kill", "killnowait"] : ["killed", null, 7]);
        return { kind, request: idOf(within), options: often(0.3) ? {} : { mode } };
      }
      case "unsubscribe":
        return { kind, request, subscription: idOf(within) };
      case "unregister":
      case "registered":
        return { kind, request, registration: idOf(within) };
      case "authenticate":
        return { kind, signature: "x", extra: {} };
      case "welcome":
        return { kind, session: request, details: { roles: {} } };
      case "challenge":
        return { kind, method: "ticket", extra: {} };
      case "result":
        return { kind, request, details: {}, ...payload() };
      case "event":
        return { kind, subscription: request, publication: 1, details: {}, ...payload() };
      case "goodbye":
        return { kind, details: {}, reason: "wamp.close.normal" };
      default:
        return { kind: "abort", details: {}, reason: "r.enough" };
    }
  };

  const right = (within: Within): Message => {
    if (!within.isJoined && often(0.93)) return hello();
    if (often(0.004)) return saying(oneOf(["goodbye", "abort"]), within);
    if (often(0.004)) return saying(oneOf(routerKinds), within);
    const kind = oneOf(clientKinds);
    const isRepeated = kind === "hello" || kind === "authenticate";
    const answersNothing = (kind === "yield" || kind === "error") && within.open.length === 0;
    if ((isRepeated || answersNothing) && often(0.98))
      return saying(oneOf(["call", "register", "subscribe", "publish"]), within);
    return saying(kind, within);
  };

  const listOf = (message: Message): unknown[] => {
    const { args, kwargs } = message as { args?: readonly unknown[]; kwargs?: Dict };
    const tail = kwargs ? [args ?? [], kwargs] : args ? [args] : [];
    return [...encodeHead(message), ...tail];
  };

  /** One member is something else, too few, or too many. */
  const withWrongMember = (message: Message): Frame => {
    const list = listOf(message);
    const at = below(list.length + 1);
    if (often(0.2)) list.splice(at, 1);
    else if (often(0.3)) list.splice(at, 0, anything());
    else list[at] = often(0.1) ? below(100) : anything();
    return frameOf(list);
  };

  const spoiltText = (frame: string): string => {
    let text = frame;
    for (let i = 1 + below(3); i > 0; i -= 1) {
      const at = below(text.length + 1);
      const odd = oneOf(["[", "]", "{", "}", '"', ",", ":", "\\", "\n", "0", "-", "e", "\ud800"]);
      const word = oneOf([odd, odd, "null", '"__proto__":', "9007199254740993", "[[[[", "\u0000"]);
      text = text.slice(0, at) + (often(0.3) ? "" : word) + text.slice(at + below(3));
    }
    return often(0.2) ? text.slice(0, below(text.length + 1)) : text;
  };
  const spoiltBytes = (frame: Uint8Array): Uint8Array => {
    const bytes = Buffer.from(frame);
    for (let i = 1 + below(4); i > 0; i -= 1) bytes[below(bytes.length)] = below(256);
    const from = below(bytes.length);
    if (often(0.1)) return Buffer.concat([bytes.subarray(0, from), bytes]);
    return often(0.2) ? bytes.subarray(0, from) : bytes;
  };
  const spoilt = (frame: Frame): Frame =>
    typeof frame === "string" ? spoiltText(frame) : spoiltBytes(frame);

  const rubbish = (): Frame =>
    oneOf<() => Frame>([
      // The other kind of frame than this serializer has.
      () => (isText ? new Uint8Array([0x93]) : "[1]"),
      () => (isText ? "[".repeat(below(50_000)) : Buffer.alloc(below(50_000), oneOf([0x91, 0x81]))),
      () => (isText ? '{"a":'.repeat(below(20_000)) : Buffer.alloc(9, oneOf([0xdd, 0xdf, 0x9b]))),
      () => (isText ? "" : new Uint8Array(0)),
      () => {
        const bytes = Buffer.from(Array.from({ length: below(60) }, () => below(256)));
        return isText ? bytes.toString("latin1") : bytes;
      },
    ])();

  return {
    hello: () => codec.encode(hello()),
    /** A frame; `rudeness` in [0, 1] is how often it is none that would do. */
    next(within: Within, rudeness: number): Frame {
      if (!often(rudeness)) return codec.encode(right(within));
      const message = right(within);
      const how = random();
      if (how < 0.5) return withWrongMember(message);
      return how < 0.9 ? spoilt(codec.encode(message)) : rubbish();
    },
  };
};
