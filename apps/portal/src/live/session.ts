// Who is signed in. The session is an HttpOnly cookie: scripts never see it, they ask the cloud.

import { isS4tError } from "@s4t/kit";
import type { Session } from "@s4t/sdk";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { createContext, useContext, useSyncExternalStore } from "react";
import { apiOf } from "./api.ts";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }): Promise<Session> => apiOf(undefined).sessions.show({ signal }),
  staleTime: 60_000,
  retry: false,
});

/** Signs in and answers the session; the cloud sets the cookie. */
export const signIn = async (
  body:
    | { method: "password"; name: string; password: string; code?: string }
    | { method: "link"; code: string },
): Promise<Session> => (await apiOf(undefined).sessions.signIn({ body })).session;

export const signOut = async (): Promise<void> => {
  await apiOf(undefined).sessions.signOut();
};

const endings = new Set<() => void>();
let ended = false;

/** Whether an error says that nobody is signed in any more. */
export const isSessionEnd = (error: unknown): boolean =>
  isS4tError(error) && (error.code === "auth.required" || error.code === "auth.expired");

/** Remembers that the session ended while a page was open: the shell asks to sign in again over the page. */
export const setSessionEnded = (next: boolean): void => {
  if (ended === next) return;
  ended = next;
  for (const listener of endings) listener();
};

export const useSessionEnded = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      endings.add(listener);
      return () => endings.delete(listener);
    },
    () => ended,
  );

const SessionContext = createContext<Session | null>(null);
export const SessionProvider = SessionContext.Provider;

/** The session of the page that is open; only within the shell. */
export const useSession = (): Session | null => useContext(SessionContext);
/** Whether the person may do this somewhere: what navigation shows. The cloud decides again. */
export const useMay = (action: string): boolean =>
  useContext(SessionContext)?.actions.includes(action) ?? false;
export const useSessionQuery = () => useQuery(sessionQuery);

/** How one can sign in here; asked before anybody is. */
export const waysInQuery = queryOptions({
  queryKey: ["ways-in"],
  queryFn: ({ signal }) => apiOf(undefined).waysIn.show({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
});
