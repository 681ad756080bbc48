// One connection to the cloud, from the socket to the WELCOME: as the board that this is, or once with an enrolment.
import {
  CONTRACT,
  check,
  ENROL_AUTHID,
  type EnrolmentString,
  type HelloExtra,
  LINK_REALM,
  RELEASE,
  WelcomeExtra,
} from "@s4t/contract";
import { type Clock, type Log, sleep } from "@s4t/kit";
import type { Resumption } from "@s4t/kit/node/websocket";
import {
  type ClientSession,
  type Credentials,
  joinRealm,
  jsonCodec,
  openPeer,
  ticketCredentials,
} from "@s4t/wamp";
import { connectWebSocket } from "@s4t/wamp/node/client";
import type { BoardIdentity, BoardKey } from "../identity.ts";
import { createPauses, hintOf } from "./come-again.ts";
import { notReached } from "./not-reached.ts";
import { fromWire, toWire } from "./wire-errors.ts";

export interface LinkOptions {
  readonly key: BoardKey;
  readonly features: readonly string[];
  readonly simulated: boolean;
}

const helloOf = ({ key, features, simulated }: LinkOptions): HelloExtra => ({
  contract: CONTRACT,
  features: [...features],
  version: RELEASE,
  kind: "lightning-rod",
  ...(simulated ? { simulated } : {}),
  pubkey: key.publicKey,
});

/** How long a cloud may let a board wait for its turn at TLS, once the network has brought it there: a fleet comes back at once. */
export const UPGRADE_TIMEOUT_MS = 30_000;

/** Where the cloud is, whom to trust for it, and what is kept of the last connection to it. */
export interface Where {
  readonly url: string;
  readonly ca: string | null;
  readonly resumption?: Resumption;
}

/** Opens the connection under a session. */
export type Connect = typeof connectWebSocket;

/** `connect`: the network, where it is not this machine's own. */
export interface ConnectDependencies {
  readonly clock: Clock;
  readonly connect?: Connect | undefined;
}

export const openSession = async (
  where: Where,
  options: LinkOptions,
  deps: ConnectDependencies,
  credentialsFor: (channelId: Uint8Array | undefined) => Credentials,
  signal: AbortSignal,
): Promise<ClientSession> => {
  const url = `${where.url.replace(/^http/, "ws")}/link`;
  const { connect = connectWebSocket } = deps;
  const transport = await connect(
    {
      url,
      subprotocol: jsonCodec.subprotocol,
      ...(url.startsWith("wss:") ? { upgradeTimeoutMs: UPGRADE_TIMEOUT_MS } : {}),
      signal,
      tls: {
        ...(where.ca === null ? {} : { ca: where.ca }),
        ...(where.resumption ? { resumption: where.resumption } : {}),
      },
    },
    deps,
  );
  const credentials = credentialsFor(transport.channelId);
  return joinRealm(
    openPeer(transport, jsonCodec),
    {
      realm: LINK_REALM,
      credentials,
      authextra: helloOf(options),
      agent: `lightning-rod/${RELEASE}`,
      mapError: toWire,
      signal,
    },
    deps,
  );
};

/** How long an enrolment heeds a cloud that asks it to come again: somebody waits for it, or a unit that starts it anew. */
export const ENROL_PATIENCE_MS = 300_000;

interface EnrolDependencies extends ConnectDependencies {
  readonly log: Log;
  readonly random: () => number;
}

const enrolOnce = async (
  { url, code }: EnrolmentString,
  ca: string | null,
  options: LinkOptions,
  deps: ConnectDependencies,
  signal: AbortSignal,
): Promise<BoardIdentity> => {
  const session = await openSession(
    { url, ca },
    options,
    deps,
    () => ticketCredentials({ authid: ENROL_AUTHID, ticket: code }),
    signal,
  );
  const welcome = check(WelcomeExtra, session.details.authextra, "welcome");
  await session.close();
  return { url, ca, board: welcome.board, name: welcome.name };
};

/**
 * Uses an enrolment string up: answers who this board is from now on. A cloud that has no place for a join is asked again when it
 * said, for a while; one that is not there at all is told at once, as the address may be wrong.
 */
export const enrol = async (
  enrolment: EnrolmentString,
  ca: string | null,
  options: LinkOptions,
  deps: EnrolDependencies,
  signal: AbortSignal,
): Promise<BoardIdentity> => {
  const { clock, log, random } = deps;
  const { url } = enrolment;
  const pauses = createPauses(random);
  const endMs = clock.monotonicMs() + ENROL_PATIENCE_MS;
  for (;;)
    try {
      return await enrolOnce(enrolment, ca, options, deps, signal);
    } catch (error) {
      const hintMs = hintOf(error, random);
      const pauseMs = pauses.next(hintMs);
      if (hintMs === 0 || clock.monotonicMs() + pauseMs >= endMs)
        throw notReached(fromWire(error), url);
      log.warn("The cloud is busy and asks to come again; the enrolment waits", {
        url,
        seconds: Math.ceil(pauseMs / 1_000),
      });
      await sleep(clock, pauseMs, signal);
    }
};
