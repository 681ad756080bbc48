// The door of the link: WebSockets of boards, let in as many at once as can be served, the others told when to come again.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "@s4t/kit";
import { hangUp } from "@s4t/kit/node";
import { type ConnectionFacts, jsonCodec, openPeer, type Peer } from "@s4t/wamp";
import { acceptWebSockets } from "@s4t/wamp/node";
import { type Admission, createAdmission, type JoinPlace } from "./admission.ts";

export interface LinkDoor {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** A session began on this connection. Answers how long after its upgrade was asked for, ms. */
  joined(connection: ConnectionFacts): number | undefined;
  counts(): ReturnType<Admission["counts"]>;
  close(): void;
}

/** Before the WebSocket's handshake and everything after it: what is put off must cost as little as can be. */
const putOff = (socket: Duplex, afterMs: number): void => {
  const lines = [
    "HTTP/1.1 503 Service Unavailable",
    `Retry-After: ${Math.ceil(afterMs / 1_000)}`,
    "Connection: close",
    "Content-Length: 0",
  ];
  hangUp(socket, `${lines.join("\r\n")}\r\n\r\n`);
};

interface Coming {
  readonly place: JoinPlace;
  readonly socket: Duplex;
}

/** Opens it. `attach` gets everybody who was let in. */
export const openLinkDoor = (
  attach: (peer: Peer, facts: ConnectionFacts) => void,
  clock: Clock,
  { pingEveryMs }: { readonly pingEveryMs?: number } = {},
): LinkDoor => {
  const admission = createAdmission(clock);
  /** By the request, and from its upgrade on by what is known of the connection, until it has joined. */
  const coming = new WeakMap<object, Coming>();
  const door = acceptWebSockets(
    {
      subprotocols: [jsonCodec.subprotocol],
      ...(pingEveryMs === undefined ? {} : { pingEveryMs }),
      // A session keeps what is known of its connection, and must not keep the request for it: that is a kilobyte and more.
      onTransport(transport, { request, ...facts }) {
        const own = coming.get(request);
        if (own) coming.set(facts, own);
        attach(openPeer(transport, jsonCodec), facts);
      },
    },
    { clock },
  );
  return {
    handleUpgrade(request, socket, head) {
      const admitted = admission.ask(
        request.socket.remoteAddress ?? "",
        "encrypted" in request.socket,
      );
      if (admitted.kind === "later") {
        putOff(socket, admitted.afterMs);
        return;
      }
      const { place } = admitted;
      coming.set(request, { place, socket });
      socket.on("close", place.leave);
      door.handleUpgrade(request, socket, head);
    },
    joined(connection) {
      const own = coming.get(connection);
      if (!own) return undefined;
      // It needs its place no more, and for as long as it stays nothing is kept of it.
      coming.delete(connection);
      own.socket.off("close", own.place.leave);
      return own.place.joined();
    },
    counts: admission.counts,
    close: () => door.close(),
  };
};
