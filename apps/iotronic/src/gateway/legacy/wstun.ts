// The server of the original's tunnels (wstun, reverse mode): a board's client holds a control connection for each public port, and
// opens one connection more for each stream that it is told of. Nothing there proves who somebody is. So a port is held only for the
// board that it is exposed for, while that board is connected, from where it is connected, and by one client at a time; and an id of
// a stream is good once, for a moment, from the same place.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type BoardId, fail } from "@s4t/contract";
import { type Clock, createDeadline, type Log, untilAborted } from "@s4t/kit";
import { acceptUpgrade, offeredBy, refusalOf, refuseUpgrade } from "@s4t/kit/node/websocket";
import type { Stream } from "@s4t/tunnel";
import { plainAddress } from "../../edge/sources.ts";
import type { BoardTunnels } from "../board-tunnels.ts";
import type { WstunMetrics } from "./metrics.ts";
import { createWstunSocket, type WstunSocket } from "./wstun-socket.ts";
import { createWstunStream } from "./wstun-stream.ts";

/** Its subprotocol. */
export const WSTUN_PROTOCOL = "tunnel-protocol";
/** How long a board gets to hold a port that it was told to, and to open a stream that it was told of. */
export const WSTUN_WAIT_MS = 10_000;
/** Streams of one port that may wait for their board. */
export const MAX_WSTUN_WAITING = 256;
/** How long a client that holds a port gets to show that it is there, when another wants it. */
export const WSTUN_ALIVE_MS = 2_000;

/** A board that is connected by the original's realm. */
interface LiveBoard {
  readonly address: string | null;
}

export interface WstunDependencies {
  /** The live session of a board with the original agent; undefined where it has none. */
  readonly find: (board: string) => LiveBoard | undefined;
  /** Whose a public port is. */
  readonly ownerOf: (port: number) => BoardId | undefined;
  /** Whether a tunnel has to come from where its board is connected. */
  readonly sameAddress: boolean;
  readonly onRefused: (board: BoardId | null, what: string, address: string | null) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: WstunMetrics;
}

export interface Wstun extends BoardTunnels {
  /** Whether streams to this board are led by these tunnels. */
  serves(board: BoardId): boolean;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** What a browser, or a health check, is told. */
  answer(request: IncomingMessage, response: ServerResponse): void;
}

interface Control {
  readonly board: BoardId;
  readonly name: string;
  readonly address: string;
  readonly socket: WstunSocket;
  /** Ids of streams that it was told of. */
  readonly waiting: Set<string>;
}

interface Waiting {
  readonly control: Control;
  arrive(stream: Stream): void;
}

const page =
  "<!DOCTYPE html><html><head><title>WSTUN</title></head><body><h1>WSTUN is running</h1></body></html>\n";

/** What an address asks for; undefined where it is none of the two forms. */
const askedBy = (
  url: string,
):
  | { readonly id: string }
  | { readonly port: number; readonly uuid: string | null }
  | undefined => {
  const at = url.indexOf("?");
  if (at < 0) return undefined;
  const query = new URLSearchParams(url.slice(at));
  const id = query.get("id");
  if (id !== null) return { id };
  const port = /:(\d{1,5})$/.exec(query.get("dst") ?? "")?.[1];
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined;
  const uuid = query.get("uuid");
  return { port: Number(port), uuid: uuid === null || uuid === "" ? null : uuid.toLowerCase() };
};

/** The name that a door's tunnel has. */
const nameOf = (port: number): string => `port ${port}`;
const keyOf = (board: BoardId, name: string): string => `${board} ${name}`;

/** Makes it. */
export const createWstun = (deps: WstunDependencies): Wstun => {
  const { find, ownerOf, sameAddress, onRefused, clock, log, metrics } = deps;
  const controls = new Map<string, Control>();
  const waiting = new Map<string, Waiting>();
  /** Who waits for a port to be held. */
  const awaited = new Map<string, Set<() => void>>();
  /** Ports for which it is being asked who holds them. */
  const asking = new Set<string>();

  const refuse = (
    socket: Duplex,
    status: string,
    board: BoardId | null,
    what: string,
    address: string,
  ): void => {
    metrics.refused();
    onRefused(board, `wstun ${what}`.slice(0, 160), address);
    refuseUpgrade(socket, { status });
  };

  const forget = (control: Control): void => {
    const key = keyOf(control.board, control.name);
    if (controls.get(key) === control) controls.delete(key);
    for (const id of control.waiting) waiting.delete(id);
  };

  const drop = (control: Control): void => {
    forget(control);
    control.socket.close();
  };

  const accept = (
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    takesBytes: boolean,
  ): WstunSocket => {
    acceptUpgrade(request, socket, WSTUN_PROTOCOL);
    return createWstunSocket(socket, head, clock, takesBytes);
  };

  /** Why this client may not hold the port; undefined where it may. */
  const whyNot = (port: number, uuid: string | null, address: string): string | undefined => {
    const board = ownerOf(port);
    if (!board) return "no board's port";
    if (uuid !== null && uuid !== board) return "another board's port";
    const live = find(board);
    if (!live) return "its board is not connected";
    if (sameAddress && plainAddress(live.address ?? "") !== address)
      return "not from its board's address";
    return undefined;
  };

  const isHeld = async (key: string, { socket }: Control): Promise<boolean> => {
    asking.add(key);
    try {
      return await socket.isAlive(WSTUN_ALIVE_MS);
    } finally {
      asking.delete(key);
    }
  };

  const hold = async (
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    { port, uuid }: { readonly port: number; readonly uuid: string | null },
    address: string,
  ): Promise<void> => {
    const said = `port ${port} as ${uuid ?? "nobody"}`;
    const because = whyNot(port, uuid, address);
    const owner = ownerOf(port);
    if (because !== undefined || !owner)
      return refuse(socket, "401 Unauthorized", owner ?? null, `${said}: ${because}`, address);
    const name = nameOf(port);
    const key = keyOf(owner, name);
    const earlier = controls.get(key);
    if (asking.has(key) || (earlier && (await isHeld(key, earlier))))
      return refuse(socket, "409 Conflict", owner, `${said}: it is held`, address);
    // It may all be otherwise by now.
    if (socket.destroyed) return;
    if (whyNot(port, uuid, address) !== undefined)
      return refuse(socket, "401 Unauthorized", owner, `${said}: its board has left`, address);
    if (earlier) drop(earlier);
    const control: Control = {
      ...{ board: owner, name, address, waiting: new Set<string>() },
      socket: accept(request, socket, head, false),
    };
    controls.set(key, control);
    control.socket.listen({ onBytes() {}, onDrain() {}, onEnd: () => forget(control) });
    log.debug("An original board holds a port", { board: owner, port });
    for (const wake of awaited.get(key) ?? []) wake();
  };

  const bring = (
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    id: string,
    address: string,
  ): void => {
    const found = waiting.get(id);
    if (!found || (sameAddress && found.control.address !== address)) {
      refuse(
        socket,
        "401 Unauthorized",
        found?.control.board ?? null,
        "stream that nobody was told of",
        address,
      );
      return;
    }
    waiting.delete(id);
    found.control.waiting.delete(id);
    found.arrive(createWstunStream(accept(request, socket, head, true), clock));
  };

  /** The control connection of a port, once it is there. */
  const controlOf = async (key: string, signal: AbortSignal): Promise<Control> => {
    for (;;) {
      const control = controls.get(key);
      if (control) return control;
      let wake: () => void = () => {};
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const those = awaited.get(key) ?? new Set();
      awaited.set(key, those.add(wake));
      try {
        await untilAborted(woken, signal);
      } finally {
        those.delete(wake);
        if (those.size === 0) awaited.delete(key);
      }
    }
  };

  return {
    serves: (board) => find(board) !== undefined,
    handleUpgrade(request, socket, head) {
      socket.on("error", () => {});
      const address = plainAddress(request.socket.remoteAddress ?? "");
      const refusal = refusalOf(request);
      // Without its subprotocol the original's server fell over.
      if (refusal || !offeredBy(request).includes(WSTUN_PROTOCOL) || !(socket instanceof Socket))
        return refuseUpgrade(socket, refusal ?? { status: "400 Bad Request" });
      const asked = askedBy(request.url ?? "");
      if (!asked) return refuseUpgrade(socket, { status: "400 Bad Request" });
      if ("id" in asked) return bring(request, socket, head, asked.id, address);
      hold(request, socket, head, asked, address).catch((error: unknown) => {
        log.error("A tunnel of an original board could not be held", { error });
        socket.destroy();
      });
    },
    answer(request, response) {
      const isGet = request.method === "GET" || request.method === "HEAD";
      const headers = { "content-type": "text/html; charset=utf-8", connection: "close" };
      response.writeHead(isGet ? 200 : 405, headers).end(isGet ? page : "");
    },
    async open(board, name, _request, signal) {
      if (!name.startsWith("port "))
        throw fail("board.original", { what: "it opens no forward, shell or files" });
      using deadline = createDeadline(clock, WSTUN_WAIT_MS, signal);
      const id = randomUUID();
      let control: Control | undefined;
      try {
        control = await controlOf(keyOf(board, name), deadline.signal);
        const { waiting: own } = control;
        if (own.size >= MAX_WSTUN_WAITING)
          throw fail("stream.busy", { because: "its board has not taken those before" });
        const holder = control;
        const arrived = new Promise<Stream>((resolve) => {
          waiting.set(id, { control: holder, arrive: resolve });
        });
        own.add(id);
        control.socket.text(`NC:${id}`);
        return await untilAborted(arrived, deadline.signal);
      } catch (error) {
        signal.throwIfAborted();
        if (deadline.signal.aborted)
          throw fail(
            "tunnel.not-dialled",
            {
              because: control ? "its client opened no stream" : "no client of its holds the port",
            },
            error,
          );
        throw error;
      } finally {
        waiting.delete(id);
        control?.waiting.delete(id);
      }
    },
    end(board) {
      for (const control of [...controls.values()]) if (control.board === board) drop(control);
    },
    drain(board, name) {
      const control = controls.get(keyOf(board, name));
      if (control) drop(control);
    },
    get size() {
      return controls.size;
    },
    stop() {
      for (const control of [...controls.values()]) drop(control);
    },
  };
};
