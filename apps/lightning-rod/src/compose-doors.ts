// The part of the list that lets others reach something through this board: tunnels, and what serves their streams.
import type { TargetService } from "@s4t/contract";
import type { Clock, Log } from "@s4t/kit";
import type { IncomingStream } from "@s4t/tunnel";
import type { Access } from "./access/access.ts";
import type { Dispatch } from "./features/feature.ts";
import { createFiles } from "./features/files/files.ts";
import { createServices } from "./features/services/services.ts";
import { createShells } from "./features/terminal/terminal.ts";
import { createTunnels } from "./features/tunnel/tunnel.ts";
import type { Where } from "./link/connect.ts";
import type { ProjectKeys } from "./link/project-key.ts";
import { createConnect } from "./platform/linux/connector.ts";
import type { Executor } from "./target/kinds.ts";

export interface DoorsDependencies {
  readonly where: () => Where;
  /** This board's own public key; undefined before it is enrolled. */
  readonly boardKey: () => string | undefined;
  /** Signs with the board's key: hex. */
  readonly sign: (text: string) => string;
  readonly projectKeys: ProjectKeys;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Doors {
  readonly dispatch: Dispatch;
  readonly executor: Executor<TargetService>;
  /** Serves a stream of a tunnel. */
  serve(incoming: IncomingStream): void;
  /** Ends shells and files that somebody was let in for who may be trusted no more. */
  endTrusting(): void;
  close(): void;
}

/** Makes them. */
export const composeDoors = (
  { allowed, terminals, files }: Access,
  { where, boardKey, sign, projectKeys, clock, log }: DoorsDependencies,
): Doors => {
  const services = createServices(allowed, createConnect(clock));
  const shells = createShells(terminals, clock);
  const { list, get, put } = createFiles(files);
  const tunnels = createTunnels({
    ...{ where, sign, clock, log },
    trust: () => {
      const pinned = projectKeys.present();
      // A pin that cannot be read may have been a sealed one.
      const sealed = pinned?.sealed ?? projectKeys.isDamaged;
      return { board: boardKey(), key: pinned?.key, sealed };
    },
    handlers: {
      tcp: services.open,
      shell: shells.open,
      "files-list": list,
      "files-get": get,
      "files-put": put,
    },
  });
  return {
    dispatch: tunnels.dispatch,
    serve: tunnels.serve,
    endTrusting: tunnels.endTrusting,
    executor: services.executor,
    close() {
      tunnels.close();
      shells.close();
    },
  };
};
