// Clients of other houses under one face, so that one table of uses fits them all.

/** Options, details: whatever a dictionary of the protocol holds. */
export interface Details {
  readonly [name: string]: unknown;
}
/** A procedure. */
export type Handler = (
  args: readonly unknown[],
  details: Details,
  progress: (value: unknown) => void,
) => unknown;

/** A session of a foreign client, as far as the table needs it. Errors are told as their URI. */
export interface Foreign {
  readonly id: number;
  readonly details: Details;
  call(
    uri: string,
    args?: readonly unknown[],
    options?: Details,
    onProgress?: (value: unknown) => void,
    kwargs?: Details,
  ): Promise<unknown> & { cancel?: (mode: string) => void };
  /** Calls with arguments in parts, one argument each; absent where it cannot. */
  readonly callInParts?: (
    uri: string,
    parts: readonly unknown[],
    onProgress?: (value: unknown) => void,
  ) => Promise<unknown>;
  register(uri: string, handler: Handler, options?: Details): Promise<unknown>;
  subscribe(
    uri: string,
    handler: (args: readonly unknown[], details: Details) => void,
    options?: Details,
  ): Promise<unknown>;
  publish(uri: string, args: readonly unknown[], options?: Details): Promise<unknown>;
  /** Hears that the router took something away; absent where it tells nobody. */
  readonly whenRevoked?: (taken: unknown) => Promise<unknown>;
  close(): unknown;
}
/** How to join, where it takes a proof. */
export interface Login {
  readonly method: string;
  readonly authid: string;
  readonly secret?: string;
  readonly keys?: { readonly publicKey: string; readonly privateKey: string };
}
/** Features that it has, and is told to say so of: role → features. */
export type Announced = Readonly<Record<string, readonly string[]>>;
/** Where the router under test listens. */
export interface Doors {
  readonly webSocket: string;
  /** The port of raw sockets over TCP. */
  readonly tcp: number;
  /** The path of raw sockets over a Unix socket. */
  readonly unix: string;
}

/** A client of some house, over one transport and one serializer. */
export interface House {
  readonly name: string;
  readonly subprotocol: string;
  readonly join: (doors: Doors, login?: Login, announces?: Announced) => Promise<Foreign>;
  /** Ways to cancel a call that it bears the answers of. */
  readonly cancelModes: readonly string[];
  /** Features that it has no way to use. */
  readonly without: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: libraries without types, or whose types know less than they do
export type Untyped = any;

/** What a failure says of itself: its URI. */
export const uriOf = (error: unknown): unknown => {
  const told = error as { error?: unknown; errorUri?: unknown; message?: unknown };
  return told.error ?? told.errorUri ?? told.message ?? error;
};

/** Waits for `forMs`. */
export const waits = (forMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, forMs));

/** How a work failed. */
export const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "resolved",
    (error) => error,
  );
