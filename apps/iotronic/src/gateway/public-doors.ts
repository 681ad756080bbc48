// Public doors: a listener a port. Who comes is asked about, then led to the board through the door's own tunnel.
import { createServer, type Server, type Socket } from "node:net";
import { type BoardId, fail, sentenceOf } from "@s4t/contract";
import type { Clock, Log } from "@s4t/kit";
import { outside } from "@s4t/kit/node";
import { pipeSocket, resetSocket } from "@s4t/tunnel/node";
import type { DoorState, PublicDoor } from "../edge/gateway.ts";
import { createSourceCheck, plainAddress } from "../edge/sources.ts";
import type { Authorize } from "./authorize.ts";
import type { BoardTunnels } from "./board-tunnels.ts";
import { type Connections, whyNotOpened } from "./connections.ts";

/** Connections that wait in the kernel until they are accepted. */
export const DOOR_BACKLOG = 511;
/** How often a port is tried again that another program sits on. */
export const DOOR_RETRY_MS = 10_000;

export interface PublicDoors {
  bind(port: number): Promise<void>;
  unbind(port: number): void;
  serve(door: PublicDoor): void;
  state(port: number): DoorState;
  /** The port that a board's service is served on; undefined where it is not. */
  portOf(board: BoardId, service: string): number | undefined;
  /** Whose a port is; undefined where no door is open on it. */
  ownerOf(port: number): BoardId | undefined;
  readonly size: number;
  stop(): Promise<void>;
}

interface Held {
  server: Server;
  isListening: boolean;
  problem: string | undefined;
  door: (PublicDoor & { readonly isSource: (address: string) => boolean }) | undefined;
}

export interface PublicDoorsDependencies {
  readonly address: string;
  readonly authorize: Authorize;
  readonly tunnels: BoardTunnels;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly log: Log;
}

const whyTaken = (error: unknown): string => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return "another program of this machine has it";
  if (code === "EACCES") return "this machine lets only root have it";
  if (code === "EADDRNOTAVAIL") return "this machine does not have the address";
  return String(code ?? "it cannot be taken");
};

/** Makes them. */
export const createPublicDoors = (deps: PublicDoorsDependencies): PublicDoors => {
  const { address, authorize, tunnels, connections, clock, log } = deps;
  const held = new Map<number, Held>();

  const lead = (socket: Socket, door: NonNullable<Held["door"]>): void => {
    const from = plainAddress(socket.remoteAddress ?? "");
    const { board, boardName, project, service, publicPort, host, port } = door;
    const said = {
      ...{ board, boardName, project, publicPort, from, actor: null },
      door: "port" as const,
      what: service,
    };
    const refusal = authorize({
      ...{ door: "port", board, project, from, actor: null },
      isSource: door.isSource,
      expiresAtMs: door.expiresAtMs,
      fits: true,
    });
    if (refusal) {
      connections.refused(said, refusal.code);
      resetSocket(socket);
      return;
    }
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    socket.once("close", leave).on("error", () => {});
    const request = { kind: "tcp", args: { host, port } };
    tunnels.open(board, `port ${publicPort}`, request, gone.signal).then(
      (stream) => {
        socket.off("close", leave);
        const ended = connections.open({
          ...said,
          cut: () => {
            stream.reset("cancelled");
            resetSocket(socket);
          },
          bytes: () => ({ in: stream.bytesOut, out: stream.bytesIn }),
        });
        pipeSocket(stream, socket).then(ended);
      },
      (error: unknown) => {
        const because = whyNotOpened(error, gone.signal);
        log.debug("A connection was not led to its board", { board, publicPort, because });
        connections.refused(said, because);
        resetSocket(socket);
      },
    );
  };

  const listen = (entry: Held, port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
        if (entry.door) lead(socket, entry.door);
        else resetSocket(socket);
      });
      entry.server = server;
      server.once("error", reject);
      // Who comes later is nothing of the request that the door was opened by.
      outside(() =>
        server.listen({ port, host: address, backlog: DOOR_BACKLOG }, () => {
          server.off("error", reject).on("error", (error) => log.warn("A public door", { error }));
          entry.isListening = true;
          entry.problem = undefined;
          resolve();
        }),
      );
    });

  const listenLater = (entry: Held, port: number): void => {
    clock.after(DOOR_RETRY_MS, () => {
      if (held.get(port) !== entry) return;
      listen(entry, port).catch((error: unknown) => {
        entry.problem = whyTaken(error);
        listenLater(entry, port);
      });
    });
  };

  const newEntry = (): Held => ({
    server: createServer(),
    isListening: false,
    problem: undefined,
    door: undefined,
  });

  return {
    async bind(port) {
      if (held.has(port)) throw fail("port.taken", { port, because: "another exposure has it" });
      const entry = newEntry();
      held.set(port, entry);
      try {
        await listen(entry, port);
      } catch (error) {
        held.delete(port);
        throw fail("port.taken", { port, because: whyTaken(error) }, error);
      }
    },
    unbind(port) {
      const entry = held.get(port);
      if (!entry) return;
      held.delete(port);
      entry.server.close();
      if (entry.door) tunnels.drain(entry.door.board, `port ${port}`);
      connections.cut(({ publicPort }) => publicPort === port);
    },
    serve(door) {
      const port = door.publicPort;
      let entry = held.get(port);
      if (!entry) {
        // A door of before this start: its port is kept, and taken again as soon as it is free.
        const made = newEntry();
        entry = made;
        held.set(port, made);
        listen(made, port).catch((error: unknown) => {
          made.problem = whyTaken(error);
          log.warn("A public port cannot be opened; it is tried again", {
            port,
            because: made.problem,
          });
          listenLater(made, port);
        });
      }
      const isSource = createSourceCheck(door.sources);
      entry.door = { ...door, isSource };
      connections.cut(
        ({ publicPort, from }) => publicPort === port && (from === null || !isSource(from)),
      );
    },
    state(port) {
      const entry = held.get(port);
      if (entry?.isListening) return { open: true };
      const because = entry?.problem ?? "it is not open yet";
      return {
        open: false,
        problem: { code: "port.taken", sentence: sentenceOf("port.taken", { port, because }) },
      };
    },
    portOf(board, service) {
      for (const [port, { door }] of held)
        if (door?.board === board && door.service === service) return port;
      return undefined;
    },
    ownerOf: (port) => held.get(port)?.door?.board,
    get size() {
      return held.size;
    },
    async stop() {
      for (const { server } of held.values()) server.close();
      held.clear();
    },
  };
};
