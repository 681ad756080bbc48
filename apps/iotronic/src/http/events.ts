// The event socket, `/events`: topics with cursors, every event past policy, coalesced, never faster than its reader.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  ClientFrame,
  check,
  EVENT_BEAT_MS,
  EVENT_FLUSH_MS,
  EVENT_GATHER_MS,
  fail,
  MAX_TOPICS_PER_SOCKET,
  type ProjectId,
  type ServerFrame,
} from "@s4t/contract";
import { type Clock, isS4tError, type Log, parseJson } from "@s4t/kit";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import { createTickets } from "../edge/tickets.ts";
import type { AnyTopicSource, Opened } from "../edge/topics.ts";
import { type Actor, delegatedOn, scopeFor } from "../policy/index.ts";
import { type FindActor, isOwnOrigin, tokenOf } from "./authenticate.ts";
import { problemOf } from "./problem.ts";
import type { UpgradeHandler } from "./server.ts";
import { createUnknownSockets } from "./unknown-sockets.ts";

/** Largest frame of a client: a subscription is a line. */
export const MAX_EVENT_FRAME_BYTES = 8_192;
/** Unsent bytes above which a reader is slow: its changes are dropped, and it gets a fresh snapshot when it has caught up. */
export const MAX_EVENT_BACKLOG_BYTES = 1_048_576;
/** How long a ticket is good. */
export const EVENT_TICKET_LIFE_MS = 30_000;
/** Tickets at once of one sign-in: the open tabs of one browser that come back at the same time. */
export const MAX_EVENT_TICKETS_PER_SESSION = 64;
/** Frames of a client that wait for their turn; a client that sends faster than it is answered is cut off. */
export const MAX_WAITING_FRAMES = 2 * MAX_TOPICS_PER_SOCKET;
/** How long a client may take to answer the close of its socket before the connection is cut. */
export const EVENT_CLOSE_MS = 5_000;
/** How often a socket's token is looked at again: a revoked one ends within this. */
export const EVENT_RECHECK_MS = 4_000;

export interface EventsDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly findActor: FindActor;
  readonly cookieName: string;
  readonly resolveProject: (idOrName: string) => Promise<ProjectId | undefined>;
  readonly sources: readonly AnyTopicSource[];
  /** Hears of every use of a delegation before it. */
  readonly onDelegated: (actor: Actor, action: string) => Promise<void>;
  /** Cursor of now. */
  readonly lastSeq: () => number;
}

export interface Events {
  readonly upgrade: UpgradeHandler;
  /** A one-use ticket for the holder of this actor's session. */
  createTicket(actor: Actor): { ticket: string; expiresAtMs: number };
  /** Readers that are signed in, and what they listen to, by topic. */
  counts(): { readonly sockets: number; readonly subscriptions: Readonly<Record<string, number>> };
  close(): void;
}

interface Subscription {
  readonly id: number;
  readonly topic: string;
  readonly project: string | undefined;
  readonly source: AnyTopicSource;
  opened: Opened<unknown> | undefined;
  pending: unknown;
  closed: boolean;
  /** Changes were dropped since the reader fell behind. */
  behind: boolean;
}

const delegationsOf = ({ delegated = [] }: Actor): string =>
  delegated.map(({ uuid, actions }) => [uuid, ...actions].join()).join(";");

const hasSameRights = (a: Actor, b: Actor): boolean =>
  a === b ||
  (a.admin === b.admin &&
    a.defaultProject === b.defaultProject &&
    a.roles.size === b.roles.size &&
    [...a.roles].every(([project, role]) => b.roles.get(project) === role) &&
    delegationsOf(a) === delegationsOf(b));

/** One reader: its actor, its subscriptions, its pace. */
class EventReader {
  readonly #socket: WebSocket;
  readonly #deps: EventsDependencies;
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #timers = new Map<"beat" | "flush" | "recheck", { cancel(): void }>();
  #actor: Actor | undefined;
  #token = "";
  #closed = false;
  #flushedMs = Number.NEGATIVE_INFINITY;

  constructor(socket: WebSocket, deps: EventsDependencies) {
    this.#socket = socket;
    this.#deps = deps;
  }

  get isKnown(): boolean {
    return this.#actor !== undefined;
  }

  /** Names of the topics that it listens to, one a subscription. */
  topics(): string[] {
    return [...this.#subscriptions.values()].map(({ source }) => source.name);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  welcome(actor: Actor, token: string): void {
    this.#actor = actor;
    this.#token = token;
    this.#send({ type: "welcome", time: this.#deps.clock.now() });
    this.#every("beat", EVENT_BEAT_MS, async () =>
      this.#send({ type: "beat", time: this.#deps.clock.now() }),
    );
    this.#every("recheck", EVENT_RECHECK_MS, () => this.#checkAgain());
  }

  #every(name: "beat" | "recheck", ms: number, work: () => Promise<void>): void {
    const again = (): void => {
      if (this.#closed) return;
      this.#timers.set(
        name,
        this.#deps.clock.after(ms, () => {
          work().then(again, () => this.#socket.close(1011));
        }),
      );
    };
    again();
  }

  /** Roles may have changed: whoever watches is asked again, with the rights of now. */
  async #checkAgain(): Promise<void> {
    const actor = await this.#deps.findActor(this.#token);
    if (actor === undefined || actor === "expired") return this.#socket.close(4401, "auth.expired");
    const before = this.#actor;
    this.#actor = actor;
    if (before && hasSameRights(before, actor)) return;
    for (const subscription of [...this.#subscriptions.values()]) await this.#reopen(subscription);
  }

  #send(frame: ServerFrame): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  async subscribe(frame: Extract<ClientFrame, { type: "subscribe" }>): Promise<void> {
    const { id, topic, project, since } = frame;
    this.unsubscribe(id);
    if (this.#subscriptions.size >= MAX_TOPICS_PER_SOCKET)
      throw fail("request.rate-limited", { retryAfterS: 1 });
    const source = this.#deps.sources.find(({ name }) => name === topic.split(":", 1)[0]);
    if (!source) throw fail("request.not-found");
    const subscription: Subscription = {
      id,
      topic,
      project,
      source,
      opened: undefined,
      pending: undefined,
      closed: false,
      behind: false,
    };
    this.#subscriptions.set(id, subscription);
    try {
      await this.#open(subscription, since === undefined ? undefined : Number(since));
    } catch (error) {
      this.#subscriptions.delete(id);
      throw error;
    }
  }

  async #open(subscription: Subscription, since: number | undefined): Promise<void> {
    const { source, topic, id, project } = subscription;
    const actor = this.#actor;
    if (!actor) throw fail("auth.required");
    const argument = topic.slice(source.name.length + 1);
    // What names its resource by id may stand in any project that the actor reaches.
    const wanted = argument === "" ? project : "all";
    const resolved =
      wanted === undefined || wanted === "all" ? wanted : await this.#deps.resolveProject(wanted);
    if (wanted !== undefined && resolved === undefined) throw fail("project.not-found");
    const cursor = String(this.#deps.lastSeq());
    const board = argument.split("/", 1)[0] ?? "";
    const acting = delegatedOn(actor, source.action, board, this.#deps.clock.now());
    if (acting) await this.#deps.onDelegated(acting.actor, source.action);
    const opened = await source.open({
      ...(acting ?? { actor, scope: scopeFor(actor, source.action, resolved) }),
      argument,
      since: Number.isSafeInteger(since) ? since : undefined,
      push: (data) => this.#push(subscription, data),
    });
    if (subscription.closed) return opened.close();
    subscription.opened = opened;
    this.#send({ type: opened.kind, id, cursor, data: opened.data as never });
  }

  async #reopen(subscription: Subscription): Promise<void> {
    subscription.opened?.close();
    subscription.opened = undefined;
    subscription.pending = undefined;
    subscription.behind = false;
    try {
      await this.#open(subscription, undefined);
    } catch (error) {
      this.#subscriptions.delete(subscription.id);
      this.refuse(error, subscription.id);
    }
  }

  #push(subscription: Subscription, data: unknown): void {
    if (subscription.closed) return;
    subscription.pending =
      subscription.pending === undefined
        ? data
        : subscription.source.merge(subscription.pending, data);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#closed || this.#timers.has("flush")) return;
    const { clock } = this.#deps;
    const restMs = this.#flushedMs + EVENT_FLUSH_MS - clock.monotonicMs();
    this.#timers.set(
      "flush",
      clock.after(Math.max(EVENT_GATHER_MS, restMs), () => {
        this.#timers.delete("flush");
        // Nothing leaves by rights that have ended since: a known token costs a look into a map.
        if (this.#deps.findActor(this.#token) === this.#actor) this.#flush();
        else
          this.#checkAgain().then(
            () => this.#flush(),
            () => this.#socket.close(1011),
          );
      }),
    );
  }

  #flush(): void {
    this.#flushedMs = this.#deps.clock.monotonicMs();
    const slow = this.#socket.bufferedAmount > MAX_EVENT_BACKLOG_BYTES;
    for (const subscription of [...this.#subscriptions.values()]) {
      const { pending, id } = subscription;
      if (subscription.opened === undefined) continue;
      if (pending !== undefined && slow) subscription.behind = true;
      else if (subscription.behind && !slow) void this.#reopen(subscription);
      else if (pending !== undefined)
        this.#send({
          type: "change",
          id,
          cursor: String(this.#deps.lastSeq()),
          data: pending as never,
        });
      subscription.pending = undefined;
      // Nothing may ever change again: whoever is behind must still get what stands.
      if (subscription.behind) this.#flushSoon();
    }
  }

  unsubscribe(id: number): void {
    const subscription = this.#subscriptions.get(id);
    if (!subscription) return;
    subscription.closed = true;
    subscription.opened?.close();
    this.#subscriptions.delete(id);
  }

  refuse(error: unknown, id: number | null): void {
    const { body } = problemOf(error, this.#deps.log);
    this.#send({ type: "error", id, code: body.code, sentence: body.title });
  }

  close(): void {
    this.#closed = true;
    for (const id of [...this.#subscriptions.keys()]) this.unsubscribe(id);
    for (const timer of this.#timers.values()) timer.cancel();
  }
}

const againAuth = { where: "frame", because: "this socket is signed in already" };

/** Makes the socket's upgrade handler. */
export const createEvents = (deps: EventsDependencies): Events => {
  // `closeTimeout` is younger than the library's types.
  const options: ServerOptions & { readonly closeTimeout: number } = {
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_EVENT_FRAME_BYTES,
    closeTimeout: EVENT_CLOSE_MS,
  };
  const server = new WebSocketServer(options);
  const unknown = createUnknownSockets(deps.clock);
  const readers = new Set<EventReader>();
  const tickets = createTickets<string | null, string | null>(deps.clock, {
    lifeMs: EVENT_TICKET_LIFE_MS,
    perHolder: MAX_EVENT_TICKETS_PER_SESSION,
    once: true,
  });

  const takeTicket = (ticket: string, { token }: Actor): boolean =>
    token !== null && tickets.redeem(ticket) === token;

  /** Who a first frame proves: a bearer token by itself, or a ticket beside the cookie of a page that is ours. */
  const prove = async (
    frame: Extract<ClientFrame, { type: "auth" }>,
    headers: IncomingMessage["headers"],
  ): Promise<{ actor: Actor; token: string }> => {
    const token =
      frame.token ??
      tokenOf(headers.cookie === undefined ? {} : { cookie: headers.cookie }, deps.cookieName)
        ?.token;
    if (token === undefined) throw fail("auth.required");
    if (frame.token === undefined && !isOwnOrigin(headers)) throw fail("auth.origin");
    const actor = await deps.findActor(token);
    if (actor === "expired") throw fail("auth.expired");
    if (!actor || (frame.token === undefined && !takeTicket(frame.ticket ?? "", actor)))
      throw fail("auth.required");
    return { actor, token };
  };

  const onSocket = (socket: WebSocket, request: IncomingMessage): void => {
    const reader = new EventReader(socket, deps);
    readers.add(reader);
    unknown.add(socket);
    const handle = async (text: string): Promise<void> => {
      waiting -= 1;
      if (reader.isClosed) return;
      let id: number | null = null;
      try {
        const frame = check(ClientFrame, parseJson(text), "frame");
        if (frame.type === "auth") {
          if (reader.isKnown) throw fail("request.invalid", againAuth);
          const { actor, token } = await prove(frame, request.headers);
          if (reader.isClosed) return;
          unknown.remove(socket);
          return reader.welcome(actor, token);
        }
        if (!reader.isKnown) throw fail("auth.required");
        id = frame.id;
        if (frame.type === "subscribe") await reader.subscribe(frame);
        else reader.unsubscribe(frame.id);
      } catch (error) {
        reader.refuse(error, id);
        if (!reader.isKnown) socket.close(4401, isS4tError(error) ? error.code : "internal");
      }
    };
    // One frame after the other: an unsubscribe must not overtake its subscribe.
    let turn: Promise<void> = Promise.resolve();
    let waiting = 0;
    socket.on("message", (data, isBinary) => {
      if (isBinary) return socket.close(1003);
      waiting += 1;
      if (waiting > MAX_WAITING_FRAMES) return socket.close(1008, "request.rate-limited");
      turn = turn.then(() => handle(String(data)));
    });
    socket.on("close", () => {
      unknown.remove(socket);
      readers.delete(reader);
      reader.close();
    });
    socket.on("error", () => socket.terminate());
  };

  return {
    upgrade: (request, socket: Duplex, head) =>
      server.handleUpgrade(request, socket, head, onSocket),
    createTicket(actor) {
      const ticket = tickets.issue(actor.token, actor.token);
      return { ticket, expiresAtMs: deps.clock.now() + EVENT_TICKET_LIFE_MS };
    },
    counts() {
      const known = [...readers].filter((reader) => reader.isKnown);
      const subscriptions = Object.fromEntries(deps.sources.map(({ name }) => [name, 0]));
      for (const topic of known.flatMap((reader) => reader.topics()))
        subscriptions[topic] = (subscriptions[topic] ?? 0) + 1;
      return { sockets: known.length, subscriptions };
    },
    close() {
      for (const socket of server.clients) socket.close(1001);
      server.close();
    },
  };
};
