// The client in conversations that are written down, frame by frame: `vectors/client-conversations.json`, for other houses as well.
// Each feature that HELLO announces stands by a step there; with that taken out the conversation has to go another way.
import { readFileSync } from "node:fs";
import { setImmediate as turnOver } from "node:timers/promises";
import { systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import { jsonCodec } from "../codec/json.ts";
import { isWampError } from "../error.ts";
import type { Dict, Payload } from "../messages/message.ts";
import { openPeer } from "../peer.ts";
import type { TransportListener } from "../transport.ts";
import type { CallHandler, CallOptions, ClientSession } from "./client-session.ts";
import { joinRealm } from "./join.ts";

/** `role.feature` → the member of options or details that it stands by, or `*`: the whole message. */
type Features = Readonly<Record<string, string>>;
type Step =
  | readonly [how: ">" | "<", frame: string, stands?: Features]
  | readonly [how: "does", what: string, how?: Dict]
  | readonly [how: "hears", what: Dict];

interface Conversation {
  readonly name: string;
  readonly source: string;
  readonly says: readonly Step[];
}

const { conversations }: { readonly conversations: readonly Conversation[] } = JSON.parse(
  readFileSync(new URL("../../vectors/client-conversations.json", import.meta.url), "utf8"),
);
const welcome =
  '[2,7,{"roles":{"broker":{},"dealer":{"features":{"progressive_call_invocations":true}}}}]';

/** The client over a transport of texts: what it said, and how it is told something. */
const join = async () => {
  const said: string[] = [];
  let heard: TransportListener | undefined;
  const transport = {
    bufferedAmount: 0,
    send: (frame: string | Uint8Array) => said.push(String(frame)),
    close: () => {},
    listen: (listener: TransportListener) => {
      heard = listener;
    },
  };
  const joining = joinRealm(openPeer(transport, jsonCodec), { realm: "r" }, { clock: systemClock });
  const hello: unknown = JSON.parse(said.shift() ?? "null");
  heard?.onMessage(welcome);
  return { hello, said, session: await joining, tell: (frame: string) => heard?.onMessage(frame) };
};

const nameOf = (error: unknown) => (isWampError(error) ? error.uri : (error as Error).name);

/** The program behind the client: does what it is told, and notes what it hears. */
const programOf = (session: ClientSession, notes: unknown[]) => {
  const giveUp = new AbortController();
  let answer: (payload: Payload) => void = () => {};
  let progress: ((payload: Payload) => void) | undefined;
  const note = (what: Dict) => {
    // Without what is undefined, as it stands in the file.
    notes.push(JSON.parse(JSON.stringify(what)));
  };
  const onRevoked = (revoked: string) => note({ revoked });
  const onCall: CallHandler = (call) => {
    const { procedure, args, caller, trustLevel, timeoutMs, more, signal } = call;
    note({ call: { procedure, args, caller, trustLevel, timeoutMs } });
    progress = call.progress;
    const read = async () => {
      for await (const part of more ?? []) note({ part: part.args });
      if (more) note({ part: "none" });
    };
    read().catch((error: unknown) => note({ part: nameOf(error) }));
    return new Promise((resolve, reject) => {
      answer = resolve;
      signal.addEventListener("abort", () => {
        note({ stop: nameOf(signal.reason) });
        reject(signal.reason);
      });
    });
  };
  const deeds: Readonly<Record<string, (how: Dict) => unknown>> = {
    call: ({ procedure, progress: wantsProgress, ...options }) =>
      session
        .call(procedure as string, {
          ...(options as CallOptions),
          ...(wantsProgress ? { onProgress: ({ args }) => note({ progress: args }) } : {}),
          signal: giveUp.signal,
        })
        .then(({ args }) => note({ result: args })),
    abort: () => giveUp.abort(),
    register: ({ procedure, ...options }) =>
      session.register(procedure as string, onCall, { ...options, onRevoked }),
    progress: (payload) => progress?.(payload),
    return: (payload) => answer(payload),
    publish: ({ topic, ...options }) =>
      session.publish(topic as string, options).then(() => note({ published: true })),
    subscribe: ({ topic: pattern, ...options }) =>
      session.subscribe(
        pattern as string,
        ({ topic, args, publisher, trustLevel }) =>
          note({ event: { topic, args, publisher, trustLevel } }),
        { ...options, onRevoked },
      ),
  };
  return (what: string, how: Dict = {}) => {
    Promise.resolve(deeds[what]?.(how)).catch((error: unknown) => note({ error: nameOf(error) }));
  };
};

const play = async (says: readonly Step[]): Promise<void> => {
  const { said, tell, session } = await join();
  const notes: unknown[] = [];
  const does = programOf(session, notes);
  for (const step of says) {
    if (step[0] === "does") does(step[1], step[2]);
    else if (step[0] === "<") tell(step[1]);
    else if (step[0] === ">")
      expect(JSON.parse(said.shift() ?? "null")).toEqual(JSON.parse(step[1]));
    else expect(notes.shift() ?? null).toEqual(step[1]);
    await turnOver();
  }
  // Nothing was said or heard beyond that.
  expect({ said, notes }).toEqual({ said: [], notes: [] });
};

/** The step without that member, or none at all. */
const without = (
  [how, frame]: readonly [">" | "<", string, ...unknown[]],
  member: string,
): Step[] => {
  if (member === "*") return [];
  const message: unknown[] = JSON.parse(frame);
  const at = message.findIndex((one) => typeof one === "object" && one !== null && member in one);
  if (at < 0) throw new Error(`${frame} has no ${member}.`);
  const { [member]: _, ...rest } = message[at] as Dict;
  return [[how, JSON.stringify(message.with(at, rest))]];
};

/** Every feature at every step that it stands by, and that conversation without. */
const standing = conversations.flatMap(({ name, says }) =>
  says.flatMap((step, at) =>
    step[0] === ">" || step[0] === "<"
      ? Object.entries(step[2] ?? {}).map(([feature, member]) => ({
          ...{ name, feature, member, line: step[1] },
          says: says.toSpliced(at, 1, ...without(step, member)),
        }))
      : [],
  ),
);

it.each(conversations)("$name", ({ says }) => play(says));

it.each(standing)("$feature: $name, not without $member in $line", async ({ says }) => {
  await expect(play(says)).rejects.toThrow(/expected/);
});

it("announces nothing that no conversation stands by", async () => {
  const [, , { roles }] = (await join()).hello as [1, string, { roles: Dict }];
  const announced = Object.entries(roles as Record<string, { features: Dict }>).flatMap(
    ([role, { features }]) => Object.keys(features).map((feature) => `${role}.${feature}`),
  );
  const held = new Set(standing.map(({ feature }) => feature));
  expect(announced.sort()).toEqual([...held].sort());
});
