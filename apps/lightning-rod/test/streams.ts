// The cloud's end of a tunnel in memory, for what serves streams on a board.
import { type Json, systemClock } from "@s4t/kit";
import {
  createTunnel,
  type IncomingStream,
  linkedTransports,
  type Stream,
  type Tunnel,
} from "@s4t/tunnel";

/** What a stream brought so far. */
export interface Heard {
  readonly stream: Stream;
  text(): string;
  readonly messages: Json[];
  ended(): boolean;
  reset(): string;
}

/** A tunnel whose other end serves with `serve`. */
export const openTestTunnel = (serve: (incoming: IncomingStream) => void): Tunnel => {
  const [near, far] = linkedTransports();
  createTunnel(far, { role: "dialer", clock: systemClock, onOpen: serve });
  return createTunnel(near, {
    role: "acceptor",
    clock: systemClock,
    onOpen: (incoming) => incoming.refuse("no", "No."),
  });
};

/** Opens a stream and hears it. `use`: whether what comes is used at once. */
export const openTestStream = async (
  tunnel: Tunnel,
  kind: string,
  args: Json,
  { use = true }: { readonly use?: boolean } = {},
): Promise<Heard> => {
  const stream = await tunnel.open({ kind, args });
  const messages: Json[] = [];
  let text = "";
  let isEnded = false;
  let reset = "";
  stream.listen({
    onData(bytes) {
      text += Buffer.from(bytes).toString("latin1");
      if (use) stream.consumed(bytes.length);
    },
    onMessage: (message) => void messages.push(message),
    onEnd: () => {
      isEnded = true;
    },
    onReset: (reason) => {
      reset = reason;
    },
  });
  return { stream, text: () => text, messages, ended: () => isEnded, reset: () => reset };
};

/** Code that an open is refused with; `none` where it is not. */
export const refusalOf = async (tunnel: Tunnel, kind: string, args: Json): Promise<string> => {
  try {
    (await tunnel.open({ kind, args })).reset("cancelled");
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
};
