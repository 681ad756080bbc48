// Dials ways by sockets of this program's own, which trust the authority that the cloud was found with.
import { fail } from "@s4t/contract";
import { isS4tError, systemClock } from "@s4t/kit";
import type { DialWay } from "@s4t/sdk";
import { dialTunnel } from "@s4t/tunnel/node";
import type { TrustOptions } from "./trusting-fetch.ts";

/** Makes a {@link DialWay}. */
export const nodeDialWay =
  ({ url, ca }: TrustOptions & { readonly url: string }): DialWay =>
  async ({ path, ticket }, signal) => {
    try {
      return await dialTunnel({
        ...{ url, path, ticket, clock: systemClock },
        ...(ca === undefined ? {} : { ca }),
        ...(signal ? { signal } : {}),
        onOpen: (incoming) => incoming.refuse("stream.refused", "Clients serve no streams."),
      });
    } catch (error) {
      if (signal?.aborted) throw fail("request.canceled", {}, error);
      const details = isS4tError(error) ? (error.details as { because?: string } | undefined) : {};
      throw fail(
        "cloud.unreachable",
        { url, because: details?.because ?? "no tunnel came about" },
        error,
      );
    }
  };
