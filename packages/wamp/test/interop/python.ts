// Debian's python3-autobahn: one Python process, told what to do in lines of JSON. It may cancel in no mode but the default, cannot
// ask to be disclosed, and takes the revocation of a subscription, which it announces to understand, for a violation.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Details, Doors, Foreign, Handler, House, Login } from "./foreign.ts";

/** Debian's own, which has Debian's packages. */
const PYTHON = "/usr/bin/python3";

interface Line {
  readonly id: number;
  readonly what: "ok" | "error" | "progress" | "event" | "invocation" | "interrupted";
  readonly value?: unknown;
  readonly args?: readonly unknown[];
  readonly details?: Details;
  readonly token?: number;
}

class PythonProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (line: Line) => void>();
  #lastId = 0;
  #complaints = "";
  #ended = false;

  constructor() {
    const program = fileURLToPath(new URL("peer.py", import.meta.url));
    this.#child = spawn(PYTHON, [program], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr?.on("data", (chunk) => {
      this.#complaints = (this.#complaints + chunk).slice(-4_000);
    });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (text) => {
      const line = JSON.parse(text) as Line;
      this.#waiting.get(line.id)?.(line);
    });
    this.#child.on("exit", () => {
      this.#ended = true;
      for (const hear of this.#waiting.values()) hear(this.#lastLine());
    });
  }
  #lastLine(): Line {
    return { id: 0, what: "error", value: `Python ended: ${this.#complaints}` };
  }
  tell(order: object): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }
  /** An order and its answer; `also` hears what else comes under its id, then and later. */
  ask(order: object, also?: (line: Line) => void): Promise<unknown> & { readonly order: number } {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise((resolve, reject) => {
      this.#waiting.set(id, (line) => {
        if (line.what === "ok") resolve(line.value);
        else if (line.what === "error") reject(new TypeError(String(line.value)));
        else also?.(line);
      });
    });
    if (this.#ended) this.#waiting.get(id)?.(this.#lastLine());
    this.tell({ ...order, id });
    return Object.assign(answer, { order: id });
  }
  end(): void {
    this.#child.stdin?.end();
  }
}

/** Told as its URI, as the others are. */
const told = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: Error) => Promise.reject(error.message));

/** What a callee in Python was interrupted in, by procedure: INTERRUPT is seen nowhere else. */
export const interrupted: string[] = [];

/** python3-autobahn over one transport and one serializer. `python()` gives the process. */
export const pythonHouse = (
  transport: keyof Doors,
  serializer: "json" | "msgpack" | "cbor",
  python: () => PythonProcess,
): House => ({
  name: `python3-autobahn, ${transport}, ${serializer}`,
  subprotocol: `wamp.2.${serializer}`,
  cancelModes: ["killnowait"],
  without: [
    "publisher_identification",
    "caller_identification",
    "progressive_call_invocations",
    "call_trustlevels",
    "publication_trustlevels",
    "subscription_revocation",
    "on_revoked",
  ],
  async join(doors, login?: Login): Promise<Foreign> {
    const process = python();
    const order = { op: "join", door: doors[transport], transport, serializer, login };
    const { session, details } = (await process.ask(order)) as {
      session: number;
      details: Details;
    };
    const handled = (handler: Handler, uri: string) => (line: Line) => {
      const { token } = line;
      if (line.what === "interrupted") interrupted.push(uri);
      if (line.what !== "invocation") return;
      const progress = (value: unknown) => process.tell({ op: "progress", token, value });
      void Promise.resolve(handler(line.args ?? [], line.details ?? {}, progress)).then((value) =>
        process.tell({ op: "answer", token, value: value ?? null }),
      );
    };
    return {
      ...{ id: session, details },
      call(uri, args, options, onProgress, kwargs) {
        const call = process.ask(
          {
            op: "call",
            session,
            uri,
            args: args ?? [],
            ...{ options, kwargs: kwargs ?? {} },
            progress: onProgress !== undefined,
          },
          (line) => onProgress?.(line.value),
        );
        const cancel = () => process.tell({ op: "cancel", call: call.order });
        return Object.assign(told(call), { cancel });
      },
      register: (uri, handler, options) =>
        told(process.ask({ op: "register", session, uri, options }, handled(handler, uri))),
      subscribe: (uri, handler, options) =>
        process.ask({ op: "subscribe", session, uri, options }, (line) =>
          handler(line.args ?? [], line.details ?? {}),
        ),
      publish: (uri, args, options) => process.ask({ op: "publish", session, uri, args, options }),
      close: () => process.ask({ op: "close", session }),
    };
  },
});

/** Starts Python. */
export const startPython = (): PythonProcess => new PythonProcess();
