// Dials a way from a page: over the WebSocket that browsers have.
import { systemClock } from "@s4t/kit";
import { browserTransport, createTunnel } from "@s4t/tunnel";
import type { DialWay } from "./way.ts";

/**
 * Makes a {@link DialWay} for pages of the cloud at `origin`.
 *
 * @example
 * const dial = pageDialWay(location.origin);
 */
export const pageDialWay =
  (origin: string): DialWay =>
  async ({ path, ticket }) =>
    createTunnel(browserTransport(origin.replace(/^http/, "ws") + path, ticket), {
      role: "dialer",
      clock: systemClock,
      // A board opens nothing on a client's way.
      onOpen: (incoming) => incoming.refuse("stream.refused", "nothing is taken here"),
    });
