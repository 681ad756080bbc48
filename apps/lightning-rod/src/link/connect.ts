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
import type { Clock } from "@s4t/kit";
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

/** Opens the connection under a session. */
export type Connect = typeof connectWebSocket;

/** `connect`: the network, where it is not this machine's own. */
export interface ConnectDependencies {
  readonly clock: Clock;
  readonly connect?: Connect | undefined;
}

export const openSession = async (
  where: { readonly url: string; readonly ca: string | null },
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
      signal,
      ...(where.ca === null ? {} : { tls: { ca: where.ca } }),
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

/** Uses an enrolment string up: answers who this board is from now on. */
export const enrol = async (
  { url, code }: EnrolmentString,
  ca: string | null,
  options: LinkOptions,
  deps: ConnectDependencies,
  signal: AbortSignal,
): Promise<BoardIdentity> => {
  try {
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
  } catch (error) {
    throw notReached(fromWire(error), url);
  }
};
