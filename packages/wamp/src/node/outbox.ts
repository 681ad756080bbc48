// What one turn of the event loop says to one socket goes out as one write, after everything that the turn had to read was read.
// Small frames are held as one string of bytes (latin1): no Buffer is made for any of them.
import type { Socket } from "node:net";

/** A message beyond this is handed to the socket by itself instead of being copied behind others. */
const ALONE_FROM_BYTES = 8 * 1024;

/** A turn that says more than this hands it over in pieces: only what the network refuses waits, and a reader may begin. */
const PIECE_BYTES = 256 * 1024;

const dirty: Outbox[] = [];
const flushAll = (): void => {
  // A flush may close a socket, and whoever hears of it may speak: that is the next turn's.
  for (const outbox of dirty.splice(0)) outbox.flush();
};

/** The head of an unmasked frame as a string of bytes. */
const headOf = (opcode: number, size: number): string => {
  const first = String.fromCharCode(0x80 | opcode);
  if (size < 126) return first + String.fromCharCode(size);
  if (size < 65_536) return first + String.fromCharCode(126, size >> 8, size & 0xff);
  const head = Buffer.alloc(9);
  head[0] = 127;
  head.writeUInt32BE(Math.floor(size / 2 ** 32), 1);
  head.writeUInt32BE(size % 2 ** 32, 5);
  return first + head.toString("latin1");
};

/** The text that was framed last: an event for many goes out as the same string to each of them. */
const last = { text: "", frame: "" };

const isShort = (frame: string): boolean => frame.length < ALONE_FROM_BYTES;

/** A text as a string of its bytes. As many bytes as characters: nothing but ASCII, and it is that itself. */
const bytesOf = (text: string): string =>
  Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString("latin1");

/** A text frame as a string of bytes. */
const textFrame = (text: string): string => {
  const bytes = bytesOf(text);
  return headOf(1, bytes.length) + bytes;
};

/** The same of a text that may be said to others, too. */
const sharedFrame = (text: string): string => {
  // Comparing what is not the same object reads both to the end, or to where they differ.
  if (text !== last.text) {
    last.frame = textFrame(text);
    last.text = text;
  }
  return last.frame;
};

/** Collects unmasked frames for a socket. */
export class Outbox {
  readonly #socket: Socket;
  #pending = "";
  #scheduled = false;
  #corked = false;
  #corkedBytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that wait: for the end of the turn, or for the network. */
  get waitingBytes(): number {
    return this.#pending.length + this.#socket.writableLength;
  }

  text(text: string, isForMany: boolean): void {
    this.#add(isForMany ? sharedFrame(text) : textFrame(text));
  }

  /** A text in two parts, which are not joined where they are long. */
  joined(head: string, tail: string): void {
    if (head.length + tail.length < ALONE_FROM_BYTES) {
      this.text(head + tail, false);
      return;
    }
    const bytes = [bytesOf(head), bytesOf(tail)] as const;
    const frameHead = headOf(1, bytes[0].length + bytes[1].length);
    this.#writeAlone([frameHead + bytes[0], bytes[1]]);
    this.#schedule();
  }

  binary(opcode: number, payload: Uint8Array): void {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    this.#add(headOf(opcode, bytes.length) + bytes.toString("latin1"));
  }

  /** Hands over what waits. */
  flush(): void {
    this.#scheduled = false;
    this.#handOver();
  }

  #handOver(): void {
    const pending = this.#pending;
    this.#pending = "";
    if (pending !== "" && this.#socket.writable) this.#socket.write(pending, "latin1");
    if (this.#corked) {
      this.#corked = false;
      this.#corkedBytes = 0;
      this.#socket.uncork();
    }
  }

  #add(frame: string): void {
    if (isShort(frame)) {
      this.#pending += frame;
      if (this.#pending.length > PIECE_BYTES) this.#handOver();
    } else this.#writeAlone([frame]);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (dirty.push(this) === 1) setImmediate(flushAll);
  }

  /** What is long is not copied behind other: the socket gathers it in one system call. */
  #writeAlone(parts: readonly string[]): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
    }
    if (this.#pending !== "") {
      this.#socket.write(this.#pending, "latin1");
      this.#pending = "";
    }
    for (const part of parts) {
      this.#socket.write(part, "latin1");
      this.#corkedBytes += part.length;
    }
    if (this.#corkedBytes > PIECE_BYTES) this.#handOver();
  }
}
