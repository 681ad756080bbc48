// The page's own event socket, and hooks on it.
import type { TopicData, TopicName } from "@s4t/sdk";
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";
import { apiOf } from "./api.ts";
import { setServerTime, useNow } from "./clock.ts";
import { createEventSocket, type LinkStatus, type SocketLike } from "./socket.ts";
import { LINK_QUIET_MS } from "./stale.ts";

const address = () => `${location.origin.replace(/^http/, "ws")}/events`;

export const events = createEventSocket({
  openSocket: () => new WebSocket(address()) as unknown as SocketLike,
  fetchTicket: async () => (await apiOf(undefined).cloud.ticket({ body: {} })).ticket,
  onServerTime: setServerTime,
  now: () => Date.now(),
  random: Math.random,
});

/** Keeps the socket while somebody is signed in. */
export const useEventSocket = (): void => {
  useEffect(() => {
    const onVisible = () => {
      events.setHidden(document.hidden);
      if (!document.hidden) events.wake();
    };
    const wake = () => events.wake();
    events.start();
    addEventListener("online", wake);
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", onVisible);
      events.stop();
    };
  }, []);
};

export const useLink = (): LinkStatus => useSyncExternalStore(events.onStatus, events.status);

/** Since when this page is cut off from the cloud: all that it shows is of that moment. Null while it is not. */
export const useCutSince = (): number | null => {
  const now = useNow();
  const { state, lastFrameAt } = useLink();
  const isCut = state === "reconnecting" && lastFrameAt !== null;
  return isCut && now - lastFrameAt >= LINK_QUIET_MS ? lastFrameAt : null;
};

/** Listens to a topic while the component is there; `topic` null listens to nothing. */
export const useTopic = <Name extends TopicName>(
  topic: Name | `${Name}:${string}` | null,
  project: string | undefined,
  on: (data: TopicData[Name], kind: "snapshot" | "change") => void,
): void => {
  const receive = useEffectEvent(on);
  useEffect(() => {
    if (topic === null) return;
    return events.subscribe({
      topic,
      project,
      on: (data, kind) => receive(data as TopicData[Name], kind),
    });
  }, [topic, project]);
};
