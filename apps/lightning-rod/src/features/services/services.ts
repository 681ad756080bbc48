// What streams may be opened to on this board: what its target names, within what its owner allows. Both are asked before a socket is
// made; where one of them changes, what is open to it is cut.
import { fail, type StreamArgs, type TargetService } from "@s4t/contract";
import type { IncomingStream, Stream } from "@s4t/tunnel";
import type { Allowed } from "../../access/allowed.ts";
import type { Connect } from "../../platform/connector.ts";
import type { Executor } from "../../target/kinds.ts";

/** Connections at once through this board: descriptors of one process, with room for its own work. */
export const MAX_CONNECTIONS = 800;

export interface Services {
  readonly executor: Executor<TargetService>;
  /** Serves streams of the kind `tcp`. */
  open(args: StreamArgs<"tcp">, incoming: IncomingStream): Promise<void>;
}

const textOf = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/** Makes the feature. */
export const createServices = (allowed: Allowed, connect: Connect): Services => {
  /** Endpoint by the entry that names it. */
  const named = new Map<string, string>();
  const streams = new Map<Stream, string>();
  let opening = 0;
  const isNamed = (endpoint: string): boolean => [...named.values()].includes(endpoint);
  const cutUnnamed = (): void => {
    for (const [stream, endpoint] of streams) if (!isNamed(endpoint)) stream.reset("not-allowed");
  };

  const open = async (
    { host, port }: StreamArgs<"tcp">,
    incoming: IncomingStream,
  ): Promise<void> => {
    const endpoint = textOf({ host, port });
    const refuse = (because: string) => fail("service.not-allowed", { endpoint, because });
    if (!isNamed(endpoint)) throw refuse("its target does not name it");
    const because = allowed.refusalOf(host, port);
    if (because !== undefined) throw refuse(because);
    if (streams.size + opening >= MAX_CONNECTIONS)
      throw fail("stream.busy", {
        because: `${MAX_CONNECTIONS} connections lead through this board`,
      });
    opening += 1;
    try {
      const connection = await connect({
        ...{ host, port, signal: incoming.signal },
        refusalOf: (address) => allowed.addressRefusalOf(host, address, port),
      });
      // What was withdrawn while it was dialled.
      if (!isNamed(endpoint) || incoming.signal.aborted) {
        connection.close();
        throw refuse("its target does not name it any more");
      }
      const stream = incoming.accept();
      streams.set(stream, endpoint);
      void connection.pipe(stream).finally(() => streams.delete(stream));
    } finally {
      opening -= 1;
    }
  };

  return {
    executor: {
      apply({ host, port }, { key }) {
        const because = allowed.refusalOf(host, port);
        if (because === undefined) named.set(key, textOf({ host, port }));
        else named.delete(key);
        cutUnnamed();
        if (because !== undefined)
          throw fail("service.not-allowed", { endpoint: textOf({ host, port }), because });
      },
      remove({ key }) {
        named.delete(key);
        cutUnnamed();
      },
    },
    open,
  };
};
