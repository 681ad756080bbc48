// The network as a port: connections whose line can be cut, or fall silent. The machine's own fills it for load; a world of its own
// in memory, with a clock of its own, for a city whose every run is the same.
import type { Socket } from "node:net";
import type { Connect } from "@s4t/lightning-rod/compose";
import { WampError, wampErrors } from "@s4t/wamp";
import { connectWebSocket } from "@s4t/wamp/node/client";

/** What a connection runs over. */
export interface Line {
  /** It breaks: both ends hear so at once. */
  cut(): void;
  /** Nothing passes any more, and no end is told. */
  silence(): void;
}

/** Connects as {@link Connect} does, and hands the line over. */
export type Network = (
  options: Parameters<Connect>[0],
  deps: Parameters<Connect>[1],
  onLine: (line: Line) => void,
) => ReturnType<Connect>;

const lineOf = (socket: Socket): Line => ({
  cut: () => void socket.destroy(),
  silence() {
    socket.pause();
    // What is written from now on waits for ever, keep-alive and all; so does the end of it.
    socket.cork();
  },
});

/** The network of this machine. */
export const machineNetwork: Network = (options, deps, onLine) =>
  connectWebSocket({ ...options, onSocket: (socket) => onLine(lineOf(socket)) }, deps);

/** One board's place in a network. */
export interface Place {
  readonly connect: Connect;
  /** The line that is there now. */
  readonly line: Line | undefined;
  /** While it is out, no connection comes about. */
  isOut: boolean;
}

/** Makes it. `onLost`: a connection that was there is over. */
export const createPlace = (network: Network, onLost: () => void): Place => {
  let line: Line | undefined;
  const place = {
    isOut: false,
    get line() {
      return line;
    },
    connect: async (...[options, deps]: Parameters<Connect>) => {
      if (place.isOut)
        throw new WampError(wampErrors.networkFailure, "The simulated network is out.", {
          details: { because: "connect" },
        });
      let own: Line | undefined;
      const transport = await network(options, deps, (opened) => {
        own = opened;
        line = opened;
      });
      const { listen } = transport;
      transport.listen = (listener) =>
        listen.call(transport, {
          onMessage: (data) => listener.onMessage(data),
          onClose(end) {
            if (line === own) line = undefined;
            onLost();
            listener.onClose(end);
          },
        });
      return transport;
    },
  };
  return place;
};
