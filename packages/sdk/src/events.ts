// The event socket, as a reader sees it: subscriptions that survive every break. It keeps cursors, notices silence by missed
// beats, comes back with a jittered back-off and subscribes again from where it was. It does not know what the data means.
import {
  type ClientFrame,
  EVENT_BEAT_MS,
  fail,
  type ServerFrame,
  type TopicData,
  type TopicName,
} from "@s4t/contract";
import { type Clock, createBackoff, S4tError, systemClock, type Timer } from "@s4t/kit";
import { type Auth, tokenOf } from "./auth.ts";

/** First wait before connecting again: a restarted cloud is back within a second or two. */
export const EVENTS_BACKOFF_FIRST_MS = 500;
/** Longest wait before connecting again: a page that is looked at must not seem dead for longer. */
export const EVENTS_BACKOFF_CAP_MS = 20_000;
/** Silence after which the socket counts as lost: one and a half beats. */
export const EVENTS_SILENCE_MS = EVENT_BEAT_MS * 1.5;

/** `live`: what was shown is now. `reconnecting`: it is as of the last frame. `closed`: by us, or refused for good. */
export type EventsState = "connecting" | "live" | "reconnecting" | "closed";

/** The part of WebSocket that is used, so that any implementation fits. */
export interface SocketLike {
  send(data: string): void;
  close(): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code?: number; readonly reason?: string }) => void) | null;
  onerror: ((event: never) => void) | null;
}

/** Makes a socket to a `ws:` or `wss:` address. */
export type SocketConstructor = new (url: string) => SocketLike;

/** Where and as whom to listen. */
export interface EventsOptions {
  readonly url: string;
  /** Bearer token of a program. */
  readonly auth?: Auth | undefined;
  /** One-use ticket of a page, fetched anew for every connection; its cookie goes along by itself. */
  readonly ticket?: (() => Promise<string>) | undefined;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly WebSocket?: SocketConstructor;
  readonly onState?: (state: EventsState) => void;
  /** What ended the socket for good: a refused sign-in. */
  readonly onError?: (error: S4tError) => void;
}

type NameOf<Topic extends string> = Topic extends `${infer Name}:${string}` ? Name : Topic;
/** Data of a topic such as `boards` or `series:UUID`. */
export type DataOf<Topic extends string> =
  NameOf<Topic> extends TopicName ? TopicData[NameOf<Topic>] : never;

/** What a subscription hears. */
export interface SubscriptionOptions<Data> {
  readonly project?: string | undefined;
  /** Cursor to go on from. */
  readonly since?: string | undefined;
  /** Replaces everything known before. */
  readonly onSnapshot?: (data: Data, cursor: string) => void;
  /** Adds to what is known. */
  readonly onChange?: (data: Data, cursor: string) => void;
  readonly onError?: (error: S4tError) => void;
}

/** A running subscription. */
export interface Subscription {
  /** Cursor of the last frame; goes into `since` of a later subscription. */
  readonly cursor: string | undefined;
  close(): void;
}

/** The connected socket. */
export interface Events {
  readonly state: EventsState;
  /** Milliseconds by which the cloud's clock is ahead of ours; 0 before the first beat. */
  readonly skewMs: number;
  /** When the last frame came, by our clock; null before the first. */
  readonly lastFrameAtMs: number | null;
  subscribe<Topic extends `${TopicName}` | `${TopicName}:${string}`>(
    topic: Topic,
    options: SubscriptionOptions<DataOf<Topic>>,
  ): Subscription;
  /** Tries at once instead of after the back-off: the network came back, or somebody looks again. */
  wake(): void;
  close(): void;
}

interface Active {
  readonly id: number;
  readonly topic: string;
  readonly options: SubscriptionOptions<never>;
  cursor: string | undefined;
}

/** Close codes of the cloud that mean "not you": trying again would be refused again. */
const refusals: ReadonlySet<number> = new Set([4401, 4408]);

class EventSocket implements Events {
  readonly #options: EventsOptions;
  readonly #clock: Clock;
  readonly #backoff;
  readonly #active = new Map<number, Active>();
  #state: EventsState = "connecting";
  #socket: SocketLike | undefined;
  #silence: Timer | undefined;
  #retry: Timer | undefined;
  #nextId = 1;
  /** Counts connections, so that a late answer of an earlier one is told from this one's. */
  #turn = 0;
  #renewed = false;
  #skewMs = 0;
  #lastFrameAtMs: number | null = null;

  constructor(options: EventsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#backoff = createBackoff(
      { firstMs: EVENTS_BACKOFF_FIRST_MS, capMs: EVENTS_BACKOFF_CAP_MS },
      options.random ?? Math.random,
    );
    this.#connect();
  }

  get state(): EventsState {
    return this.#state;
  }
  get skewMs(): number {
    return this.#skewMs;
  }
  get lastFrameAtMs(): number | null {
    return this.#lastFrameAtMs;
  }

  subscribe<Topic extends string>(
    topic: Topic,
    options: SubscriptionOptions<DataOf<Topic>>,
  ): Subscription {
    const entry: Active = { id: this.#nextId++, topic, options, cursor: options.since };
    this.#active.set(entry.id, entry);
    if (this.#state === "live") this.#sendSubscribe(entry);
    return {
      get cursor() {
        return entry.cursor;
      },
      close: () => {
        if (this.#active.delete(entry.id) && this.#state === "live")
          this.#send({ type: "unsubscribe", id: entry.id });
      },
    };
  }

  wake(): void {
    if (this.#state === "live" || this.#state === "closed" || this.#socket) return;
    this.#backoff.reset();
    this.#connect();
  }

  close(): void {
    this.#drop();
    this.#retry?.cancel();
    this.#setState("closed");
  }

  #setState(state: EventsState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }

  #send(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #sendSubscribe({ id, topic, options, cursor }: Active): void {
    this.#send({
      type: "subscribe",
      id,
      topic,
      ...(options.project === undefined ? {} : { project: options.project }),
      ...(cursor === undefined ? {} : { since: cursor }),
    });
  }

  #connect(): void {
    this.#retry?.cancel();
    this.#drop();
    const turn = this.#turn;
    this.#proof().then(
      (proof) => {
        if (turn === this.#turn && this.#state !== "closed") this.#open(proof);
      },
      (error: unknown) => {
        if (turn === this.#turn) this.#lose(error);
      },
    );
  }

  async #proof(): Promise<Extract<ClientFrame, { type: "auth" }>> {
    if (this.#options.ticket) return { type: "auth", ticket: await this.#options.ticket() };
    const token = await tokenOf(this.#options.auth);
    return token === undefined ? { type: "auth" } : { type: "auth", token };
  }

  #open(proof: ClientFrame): void {
    const Socket = this.#options.WebSocket ?? (WebSocket as unknown as SocketConstructor);
    const socket = new Socket(
      `${this.#options.url.replace(/^http/, "ws").replace(/\/+$/, "")}/events`,
    );
    this.#socket = socket;
    this.#listen();
    socket.onopen = () => socket.send(JSON.stringify(proof));
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) =>
      code !== undefined && refusals.has(code) ? this.#refused(reason ?? "") : this.#lose();
    // A close always follows, and it is what decides; without a listener some implementations throw.
    socket.onerror = () => {};
  }

  /** Starts to wait for the next frame: a peer that died without a word is noticed by its silence. */
  #listen(): void {
    this.#silence?.cancel();
    this.#silence = this.#clock.after(EVENTS_SILENCE_MS, () => this.#lose());
  }

  #receive(data: unknown): void {
    const frame = readFrame(data);
    if (!frame) {
      this.#lose();
      return;
    }
    this.#listen();
    this.#lastFrameAtMs = this.#clock.now();
    if (frame.type === "welcome" || frame.type === "beat")
      this.#skewMs = frame.time - this.#clock.now();
    if (frame.type === "welcome") {
      this.#backoff.reset();
      this.#renewed = false;
      for (const entry of this.#active.values()) this.#sendSubscribe(entry);
      this.#setState("live");
    } else if (frame.type === "snapshot" || frame.type === "change") this.#deliver(frame);
    else if (frame.type === "error" && frame.id !== null) {
      const entry = this.#active.get(frame.id);
      // A refused subscription would be refused again; who wants it makes a new one.
      this.#active.delete(frame.id);
      entry?.options.onError?.(new S4tError(frame.code, frame.sentence));
    }
  }

  #deliver(frame: Extract<ServerFrame, { type: "snapshot" | "change" }>): void {
    const entry = this.#active.get(frame.id);
    if (!entry) return;
    entry.cursor = frame.cursor;
    const deliver = frame.type === "snapshot" ? entry.options.onSnapshot : entry.options.onChange;
    deliver?.(frame.data as never, frame.cursor);
  }

  #refused(reason: string): void {
    const { auth } = this.#options;
    if (typeof auth === "object" && auth.renew && !this.#renewed) {
      this.#renewed = true;
      this.#drop();
      const turn = this.#turn;
      auth.renew().then(
        () => turn === this.#turn && this.#state !== "closed" && this.#connect(),
        (error: unknown) => turn === this.#turn && this.#end(error),
      );
      return;
    }
    // A page gets a fresh ticket by its cookie: whether that still counts is said there, not here.
    if (this.#options.ticket && !this.#renewed) {
      this.#renewed = true;
      this.#lose();
      return;
    }
    this.#end(fail(reason === "auth.expired" ? "auth.expired" : "auth.required"));
  }

  #end(error: unknown): void {
    this.close();
    this.#options.onError?.(error instanceof S4tError ? error : fail("auth.required", {}, error));
  }

  #drop(): void {
    this.#turn += 1;
    this.#silence?.cancel();
    const gone = this.#socket;
    this.#socket = undefined;
    if (!gone) return;
    gone.onopen = gone.onmessage = gone.onclose = null;
    gone.close();
  }

  #lose(error?: unknown): void {
    if (this.#state === "closed") return;
    if (error instanceof S4tError && error.code.startsWith("auth.")) {
      this.#end(error);
      return;
    }
    this.#drop();
    this.#setState(this.#lastFrameAtMs === null ? "connecting" : "reconnecting");
    this.#retry?.cancel();
    this.#retry = this.#clock.after(this.#backoff.next(), () => this.#connect(), {
      keepAlive: true,
    });
  }
}

const readFrame = (data: unknown): ServerFrame | undefined => {
  try {
    return JSON.parse(String(data)) as ServerFrame;
  } catch {
    return undefined; // not a peer of ours: as good as cut off
  }
};

/**
 * Opens the event socket and keeps it open until `close()`.
 *
 * @example
 * const events = connectEvents({ url, auth: token });
 * events.subscribe(`series:${board.uuid}`, { onChange: ({ values }) => show(values) });
 */
export const connectEvents = (options: EventsOptions): Events => new EventSocket(options);
