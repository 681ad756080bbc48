import { createHash } from "node:crypto";
import { fail } from "@s4t/contract";
import { type Json, S4tError, systemClock } from "@s4t/kit";
import {
  createTunnel,
  type IncomingStream,
  linkedTransports,
  type Stream,
  type Tunnel,
} from "@s4t/tunnel";
import { describe, expect, it } from "vitest";
import type { Client } from "../client.ts";
import { createOwnerKey, signGrant } from "../plugin/keys.ts";
import { getFile, type Hashing, listFiles, putFile } from "./files.ts";
import { holdForward } from "./forward.ts";
import { openShell } from "./shell.ts";

const grantable = { challenge: "ab".repeat(32), board: "cd".repeat(32) };

/** A cloud that hands ways out, and the other end of each. */
const open = (
  serve: (incoming: IncomingStream) => void,
  { challenge = null }: { readonly challenge?: typeof grantable | null } = {},
) => {
  const asked: Json[] = [];
  const far: Tunnel[] = [];
  const way = async ({ body }: { body?: unknown }) => {
    asked.push((body ?? {}) as Json);
    return { path: "/tunnel", ticket: "t", expiresInS: 30, challenge };
  };
  const client = {
    streams: { shell: way, files: way, forward: way },
  } as unknown as Client;
  const dial = async (): Promise<Tunnel> => {
    const [near, other] = linkedTransports();
    far.push(createTunnel(other, { role: "acceptor", clock: systemClock, onOpen: serve }));
    return createTunnel(near, { role: "dialer", clock: systemClock, onOpen: () => {} });
  };
  return { client, dial, asked, far };
};
const accept = (
  incoming: IncomingStream,
  listener: Partial<Parameters<Stream["listen"]>[0]> = {},
) => {
  const stream = incoming.accept();
  stream.listen({ onData: () => {}, onEnd: () => {}, onReset: () => {}, ...listener });
  return stream;
};
const hash = (): Hashing => {
  const made = createHash("sha256");
  return { update: (bytes) => void made.update(bytes), hex: () => made.digest("hex") };
};
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const size = { cols: 80, rows: 24 };
async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof S4tError ? error.code : String(error);
  }
};

describe("a shell", () => {
  it("tells how it ended after the last of its output was shown", async () => {
    const { client, dial } = open((incoming) => {
      const stream = accept(incoming);
      stream.write(Buffer.from("last words"));
      stream.message({ kind: "exit", code: 3, signal: null });
      stream.end();
    });
    let show = (): void => {};
    let isEnded = false;
    const shell = await openShell(client, {
      ...{ board: "lamp", dial, ...size },
      onData: (_, shown) => {
        show = shown;
      },
    });
    void shell.ended.then(() => {
      isEnded = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isEnded).toBe(false);
    show();
    expect(await shell.ended).toEqual({ code: 3, signal: null });
  });

  it("that breaks off is an error, and so is a refusal, with the board's own code", async () => {
    const broken = open((incoming) => accept(incoming).reset("lost"));
    const shell = await openShell(broken.client, {
      ...{ board: "lamp", dial: broken.dial, ...size, onData: () => {} },
    });
    expect(await codeOf(shell.ended)).toBe("stream.ended");
    const refused = open((incoming) => incoming.refuse("shell.unavailable", "No."));
    const options = { board: "lamp", dial: refused.dial, ...size, onData: () => {} };
    expect(await codeOf(openShell(refused.client, options))).toBe("shell.unavailable");
  });

  it("on a sealed project carries a grant of the owner's key for just this, and is refused here without one", async () => {
    let given: Json = null;
    const { client, dial } = open(
      (incoming) => {
        given = incoming.args;
        accept(incoming);
      },
      { challenge: grantable },
    );
    const options = { board: "lamp", dial, ...size, onData: () => {} };
    expect(await codeOf(openShell(client, options))).toBe("board.sealed");
    const key = await createOwnerKey();
    const met: string[] = [];
    const recognise = async (...board: string[]) => void met.push(...board);
    const shell = await openShell(client, { ...options, owner: { key, recognise } });
    expect(met).toEqual(["lamp", grantable.board]);
    const granted = { ...grantable, kind: "shell", args: size };
    expect(given).toEqual({ ...size, grant: await signGrant(granted, key) });
    const ended = codeOf(shell.ended);
    shell.close();
    expect(await ended).toBe("stream.ended");
  });

  it("signs nothing for a board that its owner does not recognise", async () => {
    let isAsked = false;
    const { client, dial } = open(
      () => {
        isAsked = true;
      },
      { challenge: grantable },
    );
    const recognise = () => Promise.reject(fail("board.key-changed", { board: "lamp", file: "f" }));
    const owner = { key: await createOwnerKey(), recognise };
    const options = { board: "lamp", dial, ...size, onData: () => {}, owner };
    expect(await codeOf(openShell(client, options))).toBe("board.key-changed");
    expect(isAsked).toBe(false);
  });
});

describe("a file", () => {
  const send = (text: string, told: string, bytes = text.length) =>
    open((incoming) => {
      const stream = accept(incoming);
      stream.message({ kind: "size", bytes });
      stream.write(Buffer.from(text));
      stream.message({ kind: "sent", bytes, sha256: told });
      stream.end();
    });
  const get = ({ client, dial }: ReturnType<typeof open>) => {
    let text = "";
    const work = getFile(client, { board: "lamp", dial, path: "x", hash }, (bytes) => {
      text += Buffer.from(bytes).toString();
    });
    return work.then((taken) => ({ ...taken, text }));
  };

  it("is taken whole, or not at all", async () => {
    const told = sha256("hello");
    expect(await get(send("hello", told))).toEqual({ bytes: 5, sha256: told, text: "hello" });
    expect(await codeOf(get(send("hullo", told)))).toBe("file.failed");
    expect(await codeOf(get(send("hell", told, 5)))).toBe("file.failed");
    const failing = open((incoming) => {
      const stream = accept(incoming);
      stream.message({ kind: "failed", code: "file.failed", sentence: "The disk broke." });
      stream.end();
    });
    await expect(get(failing)).rejects.toThrow("The disk broke.");
  });

  it("is brought piece by piece, and compared with what the board has", async () => {
    const receive = (alter: (text: string) => string) =>
      open((incoming) => {
        let text = "";
        const stream = accept(incoming, {
          onData(bytes) {
            text += Buffer.from(bytes).toString();
            stream.consumed(bytes.length);
          },
          onEnd() {
            stream.message({ kind: "stored", bytes: text.length, sha256: sha256(alter(text)) });
            stream.end();
          },
        });
      });
    const put = ({ client, dial }: ReturnType<typeof open>) =>
      putFile(client, { board: "lamp", dial, path: "x", bytes: 6, hash }, pieces("abc", "def"));
    expect(await put(receive((text) => text))).toEqual({ bytes: 6, sha256: sha256("abcdef") });
    expect(await codeOf(put(receive((text) => `${text}!`)))).toBe("file.failed");
    const full = open((incoming) => {
      const stream = accept(incoming);
      stream.message({ kind: "failed", code: "file.failed", sentence: "The disk is full." });
      stream.end();
    });
    await expect(put(full)).rejects.toThrow("The disk is full.");
  });

  it("tells how far it is, both ways: from its begin on, never back, and to its end", async () => {
    const told: [number, number][] = [];
    const onProgress = (done: number, total: number) => void told.push([done, total]);
    const down = open((incoming) => {
      const stream = accept(incoming);
      stream.message({ kind: "size", bytes: 6 });
      for (const piece of ["abc", "def"]) stream.write(Buffer.from(piece));
      stream.message({ kind: "sent", bytes: 6, sha256: sha256("abcdef") });
      stream.end();
    });
    const common = { board: "lamp", path: "x", hash, onProgress };
    await getFile(down.client, { ...common, dial: down.dial }, () => {});
    expect([told[0], told.at(-1)]).toEqual([
      [0, 6],
      [6, 6],
    ]);
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).sort());
    told.length = 0;
    const up = open((incoming) => {
      const stream = accept(incoming, {
        onData: (bytes) => stream.consumed(bytes.length),
        onEnd() {
          stream.message({ kind: "stored", bytes: 6, sha256: sha256("abcdef") });
          stream.end();
        },
      });
    });
    const sent = { ...common, dial: up.dial, bytes: 6 };
    await putFile(up.client, sent, pieces("abc", "def"));
    expect(told).toEqual([
      [0, 6],
      [3, 6],
      [6, 6],
    ]);
  });

  it("that goes on from the middle tells of the whole", async () => {
    const told: [number, number][] = [];
    const { client, dial } = open((incoming) => {
      const stream = accept(incoming);
      stream.message({ kind: "size", bytes: 6 });
      stream.write(Buffer.from("def"));
      stream.message({ kind: "sent", bytes: 3, sha256: sha256("def") });
      stream.end();
    });
    const onProgress = (done: number, total: number) => void told.push([done, total]);
    await getFile(client, { board: "lamp", dial, path: "x", offset: 3, onProgress }, () => {});
    expect(told).toEqual([
      [3, 6],
      [6, 6],
    ]);
  });

  it("is listed by name", async () => {
    const entry = { kind: "entry", type: "file", bytes: 1, mode: 0o644, modifiedMs: 0 };
    const { client, dial } = open((incoming) => {
      const stream = accept(incoming);
      for (const name of ["b", "a"]) stream.message({ ...entry, name });
      stream.end();
    });
    const listed = await listFiles(client, { board: "lamp", dial, path: "" });
    expect(listed.map(({ name }) => name)).toEqual(["a", "b"]);
  });
});

describe("a forward", () => {
  it("asks for its way again when that broke, before anybody connects", async () => {
    const { client, dial, asked, far } = open((incoming) => accept(incoming));
    const states: string[] = [];
    const held = await holdForward(client, {
      ...{ board: "lamp", dial, host: "127.0.0.1", port: 80 },
      onState: (state) => void states.push(state),
    });
    expect(asked).toEqual([{ host: "127.0.0.1", port: 80 }]);
    (await held.connect()).reset("cancelled");
    far[0]?.close("lost");
    await expect.poll(() => states).toEqual(["open", "lost", "open"]);
    (await held.connect()).reset("cancelled");
    held.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toHaveLength(2);
    expect(await codeOf(held.connect())).toBe("request.canceled");
  });
});
