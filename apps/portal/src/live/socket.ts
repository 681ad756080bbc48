// The event socket: one WebSocket a tab, topics with cursors. It reconnects by itself and says so; it decides nothing about
// what the frames mean.

import { createBackoff } from "@s4t/kit";
import type { ClientFrame, ServerFrame, TopicData, TopicName } from "@s4t/sdk";
import { LINK_STALE_MS } from "./stale.ts";

const BACKOFF_FIRST_MS = 500;
const BACKOFF_CAP_MS = 20_000;
/** A tab that nobody has looked at for this long stops listening; it starts again when it is shown. */
const HIDDEN_PAUSE_MS = 60_000;

export type LinkState = "connecting" | "live" | "reconnecting" | "paused";
export interface LinkStatus {
  readonly state: LinkState;
  /** When the last frame came, by this machine's clock. */
  readonly lastFrameAt: number | null;
}

export interface Subscription {
  readonly topic: string;
  readonly project: string | undefined;
  /** `reset`: what was seen before may have gaps, as after a break that the server could not bridge. */
  on(data: TopicData[TopicName], kind: "snapshot" | "change"): void;
}
interface Active extends Subscription {
  readonly id: number;
  cursor: string | undefined;
}

/** The part of WebSocket that is used here, so that tests bring their own. */
export interface SocketLike {
  send(data: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: (() => void) | null;
}

export interface SocketDependencies {
  openSocket(): SocketLike;
  /** A one-use ticket; rejects when there is no session. */
  fetchTicket(): Promise<string>;
  onServerTime(ms: number): void;
  now(): number;
  random(): number;
}

export interface EventSocket {
  start(): void;
  stop(): void;
  /** At once, instead of after the back-off: the network came back or the tab is shown. */
  wake(): void;
  setHidden(hidden: boolean): void;
  subscribe(subscription: Subscription): () => void;
  status(): LinkStatus;
  onStatus(listener: () => void): () => void;
}

export const createEventSocket = (dependencies: SocketDependencies): EventSocket => {
  const { now } = dependencies;
  const active = new Map<number, Active>();
  const listeners = new Set<() => void>();
  const backoff = createBackoff(
    { firstMs: BACKOFF_FIRST_MS, capMs: BACKOFF_CAP_MS },
    dependencies.random,
  );
  let status: LinkStatus = { state: "connecting", lastFrameAt: null };
  let socket: SocketLike | undefined;
  let welcomed = false;
  let wanted = false;
  let nextId = 1;
  let attempt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watchdog: ReturnType<typeof setInterval> | undefined;
  let hiding: ReturnType<typeof setTimeout> | undefined;

  const setState = (state: LinkState) => {
    if (status.state === state) return;
    status = { ...status, state };
    for (const listener of listeners) listener();
  };
  const send = (frame: ClientFrame) => socket?.send(JSON.stringify(frame));
  const sendSubscribe = ({ id, topic, project, cursor }: Active) =>
    send({
      type: "subscribe",
      id,
      topic,
      ...(project === undefined ? {} : { project }),
      ...(cursor === undefined ? {} : { since: cursor }),
    });

  const drop = () => {
    attempt += 1;
    welcomed = false;
    const gone = socket;
    socket = undefined;
    if (gone) {
      gone.onopen = gone.onmessage = gone.onclose = null;
      gone.close();
    }
  };
  const lose = () => {
    drop();
    if (!wanted) return;
    setState(status.lastFrameAt === null ? "connecting" : "reconnecting");
    clearTimeout(retry);
    retry = setTimeout(connect, backoff.next());
  };

  const receive = (text: unknown) => {
    const frame = JSON.parse(String(text)) as ServerFrame;
    status = { ...status, lastFrameAt: now() };
    if (frame.type === "welcome" || frame.type === "beat") dependencies.onServerTime(frame.time);
    if (frame.type === "welcome") {
      welcomed = true;
      backoff.reset();
      for (const subscription of active.values()) sendSubscribe(subscription);
      setState("live");
    } else if (frame.type === "snapshot" || frame.type === "change") {
      const subscription = active.get(frame.id);
      if (!subscription) return;
      subscription.cursor = frame.cursor;
      subscription.on(frame.data, frame.type);
    } else if (frame.type === "error" && frame.id === null) lose();
  };

  const connect = async () => {
    drop();
    const mine = attempt;
    try {
      const ticket = await dependencies.fetchTicket();
      if (mine !== attempt || !wanted) return;
      const opened = dependencies.openSocket();
      socket = opened;
      opened.onopen = () => send({ type: "auth", ticket });
      opened.onmessage = (event) => receive(event.data);
      opened.onclose = lose;
    } catch {
      // Whatever the reason, the answer is the same: say that we are cut off and try again later.
      if (mine === attempt) lose();
    }
  };

  const start = () => {
    if (wanted) return;
    wanted = true;
    setState(status.lastFrameAt === null ? "connecting" : "reconnecting");
    void connect();
    watchdog = setInterval(() => {
      if (welcomed && now() - (status.lastFrameAt ?? 0) > LINK_STALE_MS) lose();
    }, 1_000);
  };
  const stop = () => {
    wanted = false;
    clearTimeout(retry);
    clearInterval(watchdog);
    drop();
  };

  return {
    start,
    stop,
    wake() {
      if (!wanted || welcomed) return;
      backoff.reset();
      clearTimeout(retry);
      void connect();
    },
    setHidden(hidden) {
      clearTimeout(hiding);
      if (hidden)
        hiding = setTimeout(() => {
          if (!wanted) return;
          stop();
          setState("paused");
        }, HIDDEN_PAUSE_MS);
      else if (status.state === "paused") start();
    },
    subscribe(subscription) {
      const entry: Active = {
        topic: subscription.topic,
        project: subscription.project,
        on: (data, kind) => subscription.on(data, kind),
        id: nextId++,
        cursor: undefined,
      };
      active.set(entry.id, entry);
      if (welcomed) sendSubscribe(entry);
      return () => {
        active.delete(entry.id);
        if (welcomed) send({ type: "unsubscribe", id: entry.id });
      };
    },
    status: () => status,
    onStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
