// Ways to a board: a tunnel that the client dials with a ticket, and the streams on it. How it is dialled is the platform's: a page
// has the browser's WebSocket, a program sockets of its own.
import {
  errors,
  fail,
  type StreamArgs,
  type StreamGrant,
  type StreamKind,
  type Way,
} from "@s4t/contract";
import { isS4tError, type Json, type S4tError } from "@s4t/kit";
import type { Stream, Tunnel } from "@s4t/tunnel";
import type { Client } from "../client.ts";
import { type OwnerKey, signGrant } from "../plugin/keys.ts";

/** Dials a way. */
export type DialWay = (
  way: Pick<Way, "path" | "ticket">,
  signal?: AbortSignal | undefined,
) => Promise<Tunnel>;

/** On a sealed project: who answers for streams. */
export interface Owner {
  /** The owner's key, which signs each stream. */
  readonly key: OwnerKey;
  /**
   * Asked before a grant is signed: whether the board that is called so has this public key, which is what the cloud says. Throws
   * where the owner knows better; without that, a cloud could have a grant for one board signed as if for another.
   */
  readonly recognise: (board: string, publicKey: string) => Promise<void>;
}

/** Whom and how to reach. */
export interface ReachOptions {
  /** Id or name. */
  readonly board: string;
  readonly dial: DialWay;
  readonly owner?: Owner | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the other end of a tunnel said, as an error of ours: codes of the tunnel itself are no codes of the contract. */
export const wayError = (error: unknown): unknown => {
  if (!isS4tError(error) || Object.hasOwn(errors, error.code)) return error;
  return error.code.startsWith("tunnel.")
    ? brokenOff(error.code.slice("tunnel.".length), error)
    : error;
};

/** A stream, and the tunnel that is its alone. */
export interface OpenedStream {
  readonly stream: Stream;
  /** Lets go of both. */
  close(): void;
}

const grantFor = async (
  { board, owner }: ReachOptions,
  { challenge: asked }: Way,
  kind: string,
  args: object,
): Promise<{ readonly grant?: StreamGrant }> => {
  if (asked === null) return {};
  if (!owner) throw fail("board.sealed");
  await owner.recognise(board, asked.board);
  return { grant: await signGrant({ ...asked, kind, args }, owner.key) };
};

/** Asks for a way, dials it and opens one stream on it. Throws what cloud and board refuse with. */
export const openStream = async <Kind extends Exclude<StreamKind, "tcp">>(
  client: Client,
  options: ReachOptions,
  kind: Kind,
  args: Omit<StreamArgs<Kind>, "grant">,
): Promise<OpenedStream> => {
  const { board, dial, signal } = options;
  const door = kind === "shell" ? "shell" : "files";
  const way = await client.streams[door]({ params: { uuid: board }, body: {}, signal });
  const granted = await grantFor(options, way, kind, args);
  const tunnel = await dial(way, signal);
  try {
    const request = { kind, args: { ...args, ...granted } as unknown as Json };
    const stream = await tunnel.open(request, { signal });
    return { stream, close: () => tunnel.close("ended") };
  } catch (error) {
    tunnel.close("cancelled");
    throw wayError(error);
  }
};

/** Why streams end before their time, for who had them open. */
const becauseOf: Readonly<Record<string, string>> = {
  cancelled: "somebody cut it, or whoever opened it may no longer",
  lost: "the connection was lost",
  "not-allowed": "it is no longer allowed",
  drained: "the other end is stopping",
  idle: "nobody used it for long",
  "timed-out": "the other end was not heard any more",
  "too-slow": "it was read too slowly",
};

/** What a stream that broke off is told as. */
export const brokenOff = (reason: string, cause?: unknown): S4tError =>
  fail("stream.ended", { because: becauseOf[reason] ?? `the other end says ${reason}` }, cause);
