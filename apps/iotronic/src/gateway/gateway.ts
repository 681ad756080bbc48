// The gateway: every way from outside to a port, a shell or a file of a board. It holds sockets and tunnels; what they are for it is
// told by the module of services.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type BoardId, signedDialText, TUNNEL_PATH, TUNNEL_TICKET_LIFE_S } from "@s4t/contract";
import type { Clock, Log, Part } from "@s4t/kit";
import type { IncomingStream } from "@s4t/tunnel";
import { acceptTunnel, proofOf, refuseUpgrade, ticketOf } from "@s4t/tunnel/node";
import { verifyEd25519 } from "@s4t/wamp/node";
import type { Gateway, GatewayHost, WayRequest } from "../edge/gateway.ts";
import type { Link } from "../edge/link.ts";
import type { Metrics } from "../edge/metrics.ts";
import { createTickets } from "../edge/tickets.ts";
import type { Actor } from "../policy/index.ts";
import { createAuthorize } from "./authorize.ts";
import { createBoardTunnels, type DialPurpose } from "./board-tunnels.ts";
import { type OtherTunnels, tunnelsByBoard } from "./by-board.ts";
import { createConnections } from "./connections.ts";
import { gatewayMetrics } from "./metrics.ts";
import { createPublicDoors } from "./public-doors.ts";
import { createStreamLog } from "./record.ts";
import { serveWay } from "./ways.ts";

/** Tickets at once that one board dials with: one for each of its tunnels that is asked for again. */
export const MAX_DIAL_TICKETS_PER_BOARD = 256;
/** Tickets at once of clients on their way to one board; beyond them the oldest is void. */
export const MAX_WAY_TICKETS_PER_BOARD = 1_024;

export interface GatewayOptions {
  readonly address: string;
  readonly ports: readonly [first: number, last: number];
}

export interface GatewayDependencies {
  readonly host: () => GatewayHost;
  readonly link: () => Link;
  /** Tunnels of boards with another agent than ours; undefined where there are none. */
  readonly others: () => OtherTunnels | undefined;
  readonly actorNow: (actor: Actor) => Promise<Actor | undefined>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningGateway extends Gateway, Part {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The public port of a board's service; undefined where it is not exposed. */
  publicPortOf(board: BoardId, service: string): number | undefined;
  /** Whose a public port is; undefined where no door is open on it. */
  ownerOf(port: number): BoardId | undefined;
  /** A board's key was withdrawn: nothing leads to it any more. */
  endBoard(board: BoardId): void;
}

/** Makes it. */
export const createGateway = (
  { address, ports }: GatewayOptions,
  deps: GatewayDependencies,
): RunningGateway => {
  const { host, link, actorNow, clock, log } = deps;
  const { decided, dropped } = gatewayMetrics(deps.metrics, () => ({
    tunnels: tunnels.size,
    streams: connections.size,
    doors: doors.size,
    records: streamLog.waiting,
  }));
  const ticketsOf = <Purpose>(perHolder: number) =>
    createTickets<BoardId, Purpose>(clock, {
      lifeMs: TUNNEL_TICKET_LIFE_S * 1_000,
      perHolder,
      once: true,
    });
  const dials = ticketsOf<DialPurpose>(MAX_DIAL_TICKETS_PER_BOARD);
  const ways = ticketsOf<WayRequest>(MAX_WAY_TICKETS_PER_BOARD);
  const streamLog = createStreamLog({
    record: (records) => host().record(records),
    onDropped: (count) => dropped.add({}, count),
    ...{ clock, log },
  });
  const connections = createConnections({ streamLog, clock });
  const tunnels = tunnelsByBoard(
    createBoardTunnels({ link, issueTicket: dials.issue, clock, log }),
    deps.others,
  );
  const authorize = createAuthorize({
    now: clock.now,
    isConnected: (board) => link().isConnected(board),
    openTo: connections.openTo,
    openInAll: () => connections.size,
    canRecord: () => streamLog.problem === undefined,
    onDecision: (door, outcome) => decided.add({ door, outcome }),
  });
  const doors = createPublicDoors({ address, authorize, tunnels, connections, clock, log });

  /** A board's ticket is the board's: who shows it proves to have the key of the session that was asked to dial, which is still there. */
  const isShownByBoard = async (
    { board, session }: DialPurpose,
    ticket: string,
    request: IncomingMessage,
    socket: Duplex,
  ): Promise<boolean> => {
    const broken = (): void => {
      socket.destroy();
    };
    socket.on("error", broken);
    const isBoard = await verifyEd25519(
      Buffer.from(session.pubkey, "hex"),
      Buffer.from(signedDialText(ticket)),
      Buffer.from(proofOf(request) ?? "", "hex"),
    );
    socket.off("error", broken);
    return isBoard && link().sessionOf(board)?.epoch === session.epoch && !socket.destroyed;
  };

  return {
    name: "gateway",
    address,
    ports,
    async start() {
      for (const door of await host().listDoors()) doors.serve(door);
    },
    async stop() {
      connections.stop();
      tunnels.stop();
      await doors.stop();
      await streamLog.stop();
    },
    bind: doors.bind,
    unbind: doors.unbind,
    serve: doors.serve,
    state: doors.state,
    publicPortOf: doors.portOf,
    ownerOf: doors.ownerOf,
    connections: connections.list,
    watch: connections.watch,
    cut: (board, uuid) => connections.cut((open) => open.board === board && open.uuid === uuid) > 0,
    issueWay: (way) => ({ path: TUNNEL_PATH, ticket: ways.issue(way.board, way) }),
    endBoard(board) {
      dials.forget(board);
      ways.forget(board);
      connections.cut((open) => open.board === board);
      tunnels.end(board);
    },
    async handleUpgrade(request, socket, head) {
      const ticket = ticketOf(request) ?? "";
      const asked = dials.look(ticket);
      const isTheirs = asked && (await isShownByBoard(asked, ticket, request, socket));
      const dial = isTheirs ? dials.redeem(ticket) : undefined;
      const way = ways.redeem(ticket);
      if (!dial && !way) return refuseUpgrade(socket, 401);
      const from = request.socket.remoteAddress ?? null;
      let serve: (incoming: IncomingStream) => void = (incoming) =>
        incoming.refuse("stream.refused", "The cloud opens streams here, not the board.");
      const tunnel = acceptTunnel(request, socket, head, {
        clock,
        onOpen: (incoming) => serve(incoming),
      });
      if (way)
        serve = serveWay(way, tunnel, from, {
          ...{ authorize, tunnels, connections, streamLog, host: host(), actorNow, clock, log },
        });
      else if (!dial?.arrive(tunnel)) tunnel.close("idle");
    },
  };
};
