// Reads a socket into memory that is used again. Node lets only who dials choose the memory (`onread`), and only before the first byte; the same three
// places of the socket are filled here at any time, for accepted sockets too. They are not public: where they are not as expected,
// the socket is read in the ordinary way, which is slower and nothing else.
import type { Socket } from "node:net";
import type { Lease } from "@s4t/kit";
import { SlabReader } from "./slab.ts";

/** Hears what a socket brings. Without a lease the bytes are the listener's. */
export type OnBytes = (bytes: Buffer, lease?: Lease) => void;

interface Inside {
  readonly handle: { useUserBuffer(buffer: Buffer): void };
  readonly places: Record<symbol, unknown>;
  readonly buffer: symbol;
  readonly onRead: symbol;
  readonly nextBuffer: symbol;
}

const names = ["kBuffer", "kBufferCb", "kBufferGen"] as const;
/** The names of the three places, the same for all sockets: looked for once. */
let placesOfAll: readonly symbol[] = [];
const placesOf = (socket: Socket): readonly symbol[] => {
  if (placesOfAll.length === names.length) return placesOfAll;
  const symbols = Object.getOwnPropertySymbols(socket);
  placesOfAll = names.flatMap((name) => symbols.find((each) => each.description === name) ?? []);
  return placesOfAll;
};

/** The inside of a socket, where it is as this file knows it. */
const insideOf = (socket: Socket): Inside | undefined => {
  // One that is still connecting may yet change its handle.
  if (socket.connecting) return undefined;
  const { _handle: handle } = socket as unknown as {
    readonly _handle?: { useUserBuffer?: unknown };
  };
  if (typeof handle?.useUserBuffer !== "function") return undefined;
  const places = socket as unknown as Record<symbol, unknown>;
  const [buffer, onRead, nextBuffer] = placesOf(socket);
  if (!buffer || !onRead || !nextBuffer) return undefined;
  for (const place of [buffer, onRead, nextBuffer]) if (places[place] !== null) return undefined;
  return { handle: handle as Inside["handle"], places, buffer, onRead, nextBuffer };
};

/** The inside of `socket` once all that was read before is heard; where it has none, it is read in the ordinary way from now on. */
const takeOver = (socket: Socket, onBytes: OnBytes): Inside | undefined => {
  const inside = insideOf(socket);
  if (!inside) {
    socket.on("data", (chunk: Buffer) => onBytes(chunk));
    return undefined;
  }
  for (let chunk = socket.read() as Buffer | null; chunk; chunk = socket.read() as Buffer | null)
    onBytes(chunk);
  return inside;
};

/** From now on every byte of `socket` goes to `onBytes`; the socket is left as it is, paused or flowing. */
export const readSocket = (socket: Socket, onBytes: OnBytes): void => {
  const inside = takeOver(socket, onBytes);
  if (!inside) return;
  const reader = new SlabReader();
  const { handle, places } = inside;
  const first = reader.room;
  places[inside.buffer] = first;
  places[inside.onRead] = (count: number): boolean => {
    reader.filled(count, onBytes);
    return true;
  };
  places[inside.nextBuffer] = (): Buffer => reader.room;
  handle.useUserBuffer(first);
  socket.once("close", () => reader.leave());
};

/** What all sockets whose bytes are used at once read into: four times what Node takes, so that fewer messages lie across reads. */
const COMMON_BYTES = 262_144;
let common: Buffer | undefined;

/**
 * The same for a listener that uses bytes within the call and keeps none of them: they are the next read's, of whichever socket. The
 * listener may change them in place.
 */
export const readAtOnce = (socket: Socket, onBytes: (bytes: Buffer) => void): void => {
  const inside = takeOver(socket, onBytes);
  if (!inside) return;
  common ??= Buffer.allocUnsafeSlow(COMMON_BYTES);
  const memory = common;
  const { handle, places } = inside;
  places[inside.buffer] = memory;
  places[inside.onRead] = (count: number): boolean => {
    onBytes(memory.subarray(0, count));
    return true;
  };
  handle.useUserBuffer(memory);
};
