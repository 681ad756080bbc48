// TCP connections as a port: to endpoints near this board, for who comes through a tunnel.
import type { Stream } from "@s4t/tunnel";

export interface Connection {
  /** Joins it with a stream; resolves when both ways are over. */
  pipe(stream: Stream): Promise<unknown>;
  close(): void;
}

export interface ConnectRequest {
  readonly host: string;
  readonly port: number;
  /** Why an address that the host resolved to may not be dialled, or undefined. */
  readonly refusalOf: (address: string) => string | undefined;
  readonly signal: AbortSignal;
}

/** Throws `service.not-allowed` where every address is refused, `service.unreachable` where none answers. */
export type Connect = (request: ConnectRequest) => Promise<Connection>;
