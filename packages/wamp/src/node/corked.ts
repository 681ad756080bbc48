// What one turn of the event loop writes to one socket leaves together, after everything that the turn had to read was read.
import type { Socket } from "node:net";

/** Corks a socket from its first write of a turn to the turn's end. */
export class Corked {
  readonly #socket: Socket;
  #isCorked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  write(bytes: Uint8Array): void {
    if (!this.#socket.writable) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      setImmediate(() => this.flush());
    }
    this.#socket.write(bytes);
  }

  /** Hands over what waits. */
  flush(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
  }
}
