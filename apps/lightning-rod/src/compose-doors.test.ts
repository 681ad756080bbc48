// What comes through a tunnel, as a board answers it: the cloud's end is a test that asks for whatever it likes.
import { sign } from "node:crypto";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tunnel as feature, signedGrantText } from "@s4t/contract";
import { type Json, silentLog, systemClock } from "@s4t/kit";
import { hashOf, sha256Hex } from "@s4t/kit/node";
import type { Tunnel } from "@s4t/tunnel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSigningKey } from "../test/plugin.ts";
import { openTestStream, openTestTunnel, refusalOf } from "../test/streams.ts";
import { parseAllowed } from "./access/allowed.ts";
import { composeDoors, type Doors } from "./compose-doors.ts";
import { openProjectKeys } from "./link/project-key.ts";
import { openFileAccess } from "./platform/linux/file-access.ts";
import { openTerminals } from "./platform/linux/terminal.ts";
import { ownUser } from "./platform/linux/users.ts";
import { openMemory } from "./storage.ts";

const owner = createSigningKey();
const ownKey = createSigningKey().hex;

let folder: string;
let doors: Doors;
let tunnel: Tunnel;
let server: Server;
let port: number;
/** How often the board's key was read. */
let keyReads = 0;
const accepted: Socket[] = [];

const openDoors = (allow: readonly string[] = ["loopback:*"], sealed = false): void => {
  const storage = openMemory();
  const projectKeys = openProjectKeys(storage);
  projectKeys.follow({ keys: [{ key: owner.hex, signature: null, sealed }] });
  doors?.close();
  doors = composeDoors(
    {
      allowed: parseAllowed(allow),
      terminals: openTerminals({ ...ownUser(), shell: "/bin/sh", home: "/tmp" }, systemClock),
      files: openFileAccess([folder]),
    },
    {
      where: () => ({ url: "http://127.0.0.1:1", ca: null }),
      boardKey: () => {
        keyReads += 1;
        return ownKey;
      },
      sign: () => "",
      projectKeys,
      clock: systemClock,
      log: silentLog,
    },
  );
  tunnel = openTestTunnel(doors.serve);
};

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "s4t-doors-")));
  server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => socket.write(bytes));
    socket.on("end", () => socket.end("bye"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as { port: number }).port;
  openDoors();
});
afterEach(() => {
  tunnel.close("ended");
  doors.close();
  for (const socket of accepted.splice(0)) socket.destroy();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const about = (key: string) => ({ key, signal: new AbortController().signal });
const want = (key: string, host: string, at: number): void => {
  void doors.executor.apply({ host, port: at, protocol: "tcp" }, about(key));
};

describe("a connection through the board", () => {
  it("leads to what the target names, both ways, with half-close", async () => {
    want("web", "127.0.0.1", port);
    const heard = await openTestStream(tunnel, "tcp", { host: "127.0.0.1", port });
    heard.stream.write(Buffer.from("hello "));
    await expect.poll(heard.text).toBe("hello ");
    heard.stream.end();
    await expect.poll(heard.text).toBe("hello bye");
    await expect.poll(heard.ended).toBe(true);
  });

  it("leads nowhere else, whatever the cloud asks for, and no socket is made", async () => {
    expect(await refusalOf(tunnel, "tcp", { host: "127.0.0.1", port })).toBe("service.not-allowed");
    want("web", "127.0.0.1", port);
    for (const [host, at] of [
      ["127.0.0.1", port + 1],
      ["127.0.0.2", port],
      ["localhost", port],
      ["::1", port],
    ] as const)
      expect(await refusalOf(tunnel, "tcp", { host, port: at })).toBe("service.not-allowed");
    expect(accepted).toHaveLength(0);
  });

  it("leads nowhere that the owner does not allow, though the target names it", async () => {
    for (const host of ["192.168.77.1", "example.org", "0.0.0.0"]) {
      expect(() => want("web", host, port)).toThrow(/owner does not allow/);
      expect(await refusalOf(tunnel, "tcp", { host, port })).toBe("service.not-allowed");
    }
    openDoors(["none"]);
    expect(() => want("web", "127.0.0.1", port)).toThrow(/owner does not allow/);
    expect(await refusalOf(tunnel, "tcp", { host: "127.0.0.1", port })).toBe("service.not-allowed");
    expect(accepted).toHaveLength(0);
  });

  it("does not follow a name that was allowed into the board", async () => {
    openDoors([`localhost:${port}`]);
    want("web", "localhost", port);
    expect(await refusalOf(tunnel, "tcp", { host: "localhost", port })).toBe("service.not-allowed");
    openDoors([`localhost:${port}`, "loopback:*"]);
    want("web", "localhost", port);
    expect(await refusalOf(tunnel, "tcp", { host: "localhost", port })).toBe("none");
  });

  it("is cut when it is withdrawn or leads elsewhere, and another is not", async () => {
    want("web", "127.0.0.1", port);
    want("forward.1", "127.0.0.1", port);
    const heard = await openTestStream(tunnel, "tcp", { host: "127.0.0.1", port });
    heard.stream.write(Buffer.from("x"));
    await expect.poll(heard.text).toBe("x");
    void doors.executor.remove(about("forward.1"));
    heard.stream.write(Buffer.from("y"));
    await expect.poll(heard.text).toBe("xy");
    want("web", "127.0.0.1", port + 1);
    await expect.poll(heard.reset).toBe("not-allowed");
    await expect.poll(() => accepted[0]?.destroyed).toBe(true);
  });

  it("says in words why there is none", async () => {
    server.close();
    want("web", "127.0.0.1", port);
    await expect(
      tunnel.open({ kind: "tcp", args: { host: "127.0.0.1", port } }),
    ).rejects.toMatchObject({
      code: "service.unreachable",
      message: expect.stringContaining("nothing listens there"),
    });
  });
});

describe("a shell through the board", () => {
  const open = () => openTestStream(tunnel, "shell", { cols: 80, rows: 24 });
  it("types, resizes, and tells how it ended", async () => {
    const shell = await open();
    shell.stream.message({ kind: "window", cols: 132, rows: 50 });
    shell.stream.write(Buffer.from("stty size; exit 5\n"));
    await expect.poll(shell.text).toContain("50 132");
    await expect.poll(() => shell.messages).toEqual([{ kind: "exit", code: 5, signal: null }]);
    await expect.poll(shell.ended).toBe(true);
  });

  it("reads the end of its input where the client has no more", async () => {
    const shell = await open();
    shell.stream.write(Buffer.from("echo one-$((1 + 1))\n"));
    shell.stream.end();
    await expect.poll(() => shell.messages).toEqual([{ kind: "exit", code: 0, signal: null }]);
    expect(shell.text()).toContain("one-2");
  });

  it("waits for a client that reads nothing", async () => {
    const shell = await openTestStream(tunnel, "shell", { cols: 80, rows: 24 }, { use: false });
    shell.stream.write(Buffer.from("yes\n"));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = shell.text().length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(shell.text().length).toBe(before);
    expect(before).toBeLessThan(2_000_000);
    shell.stream.reset("cancelled");
  });

  it("is refused beyond so many", async () => {
    const shells = await Promise.all(Array.from({ length: 16 }, open));
    expect(await refusalOf(tunnel, "shell", { cols: 80, rows: 24 })).toBe("stream.busy");
    for (const { stream } of shells) stream.reset("cancelled");
    await expect.poll(() => refusalOf(tunnel, "shell", { cols: 80, rows: 24 })).toBe("none");
  });
});

describe("files through the board", () => {
  const bytes = Buffer.alloc(3_000_000, "0123456789abcdef");
  const hash = sha256Hex(bytes);
  const put = async (path: string, piece: Buffer, said = piece.length, end = true) => {
    const heard = await openTestStream(tunnel, "files-put", { path, bytes: said, mode: 0o600 });
    heard.stream.write(piece);
    if (end) heard.stream.end();
    return heard;
  };

  it("go up whole and come down from anywhere, each with its hash", async () => {
    const up = await put("big", bytes);
    await expect
      .poll(() => up.messages)
      .toEqual([{ kind: "stored", bytes: bytes.length, sha256: hash }]);
    expect(sha256Hex(readFileSync(join(folder, "big")))).toBe(hash);
    const down = await openTestStream(tunnel, "files-get", { path: "big" });
    await expect
      .poll(() => down.messages)
      .toEqual([
        { kind: "size", bytes: bytes.length },
        { kind: "sent", bytes: bytes.length, sha256: hash },
      ]);
    expect(sha256Hex(Buffer.from(down.text(), "latin1"))).toBe(hash);
    const rest = await openTestStream(tunnel, "files-get", { path: "big", offset: 2_999_999 });
    await expect.poll(rest.ended).toBe(true);
    expect(rest.text()).toBe(bytes.toString("latin1").at(-1));
    const list = await openTestStream(tunnel, "files-list", { path: "" });
    await expect.poll(list.ended).toBe(true);
    expect(list.messages).toMatchObject([{ kind: "entry", name: "big", bytes: bytes.length }]);
  });

  it("appear under their name only whole", async () => {
    const short = await put("short", Buffer.from("ab"), 3);
    await expect.poll(() => short.messages).toMatchObject([{ kind: "failed" }]);
    const long = await put("long", Buffer.from("abcd"), 3);
    await expect.poll(() => long.messages).toMatchObject([{ kind: "failed" }]);
    const cut = await put("cut", Buffer.from("ab"), 3, false);
    cut.stream.reset("cancelled");
    await expect.poll(() => readdirSync(folder)).toEqual([]);
  });

  it("are refused outside of their folders", async () => {
    const refusal = (kind: string, args: object) => refusalOf(tunnel, kind, args as never);
    expect(await refusal("files-get", { path: "/etc/passwd" })).toBe("file.not-allowed");
    expect(await refusal("files-list", { path: "/" })).toBe("file.not-allowed");
    expect(await refusal("files-put", { path: "../x", bytes: 1 })).toBe("file.not-allowed");
    expect(await refusal("files-get", { path: "nothing" })).toBe("file.not-found");
  });
});

describe("on a sealed project the board", () => {
  const challengeFor = async (kind: string): Promise<{ challenge: string; board: string }> => {
    const found = doors.dispatch.get(feature.challenge.name);
    const handle = found?.handle as (
      args: unknown,
    ) => Promise<{ challenge: string; board: string }>;
    return handle({ kind });
  };
  const size = { cols: 80, rows: 24 };
  const secret = { path: "secret" };
  /** The arguments with a grant; what it is for is changed by `more`, and who signs it by `key`. */
  const granted = async (
    kind: string,
    args: object,
    {
      key = owner,
      signed = args,
      ...more
    }: {
      key?: typeof owner;
      signed?: object;
      kind?: string;
      board?: string;
      challenge?: string;
    } = {},
  ) => {
    const { challenge, board } = await challengeFor(kind === "shell" ? "shell" : "files");
    const of = { board, kind, challenge, argsSha256: hashOf(signed), ...more };
    const text = Buffer.from(signedGrantText(of));
    const signature = sign(null, text, key.privateKey).toString("hex");
    return { ...args, grant: { challenge: of.challenge, signature } } as Json;
  };
  beforeEach(() => {
    writeFileSync(join(folder, "secret"), "secret");
    writeFileSync(join(folder, "other"), "other");
    openDoors(["loopback:*"], true);
  });

  it("opens no shell and no file without its owner's grant, whatever the cloud does", async () => {
    expect(await refusalOf(tunnel, "shell", size)).toBe("board.sealed");
    for (const kind of ["files-list", "files-get"])
      expect(await refusalOf(tunnel, kind, { path: "" })).toBe("board.sealed");
    expect(await refusalOf(tunnel, "files-put", { path: "x", bytes: 0 })).toBe("board.sealed");
    // A cloud with a key of its own, and one with a challenge that it made up.
    const patched = await granted("shell", size, { key: createSigningKey() });
    expect(await refusalOf(tunnel, "shell", patched)).toBe("board.sealed");
    const madeUp = await granted("shell", size, { challenge: "ab".repeat(32) });
    expect(await refusalOf(tunnel, "shell", madeUp)).toBe("board.sealed");
  });

  it.each<[string, string, object, string, object]>([
    ["another file", "files-get", { path: "secret" }, "files-get", { path: "other" }],
    [
      "another place in it",
      "files-get",
      { ...secret, offset: 0 },
      "files-get",
      { ...secret, offset: 1 },
    ],
    ["a folder", "files-get", { path: "" }, "files-list", { path: "" }],
    ["bringing a file", "files-get", secret, "files-put", { ...secret, bytes: 1 }],
    [
      "other bytes",
      "files-put",
      { path: "new", bytes: 1, sha256: "1".repeat(64) },
      "files-put",
      { path: "new", bytes: 1, sha256: "2".repeat(64) },
    ],
    [
      "any bytes",
      "files-put",
      { ...secret, bytes: 1, sha256: "1".repeat(64) },
      "files-put",
      { ...secret, bytes: 1 },
    ],
    ["a shell", "files-get", secret, "shell", size],
    ["another terminal", "shell", size, "shell", { ...size, term: "evil" }],
  ])(
    "takes a grant for nothing but what it was given for: not for %s",
    async (_, forKind, forArgs, kind, args) => {
      const { grant } = (await granted(forKind, forArgs)) as { grant: Json };
      expect(await refusalOf(tunnel, kind, { ...args, grant } as Json)).toBe("board.sealed");
      expect(readdirSync(folder).sort()).toEqual(["other", "secret"]);
      const good = await granted(kind, args);
      expect(await refusalOf(tunnel, kind, good)).toBe("none");
    },
  );

  it("takes no grant that was given to another board, though the challenge was passed on as that one's", async () => {
    const other = createSigningKey().hex;
    const relayed = await granted("files-get", secret, { board: other });
    expect(await refusalOf(tunnel, "files-get", relayed)).toBe("board.sealed");
    expect((await challengeFor("files")).board).toBe(ownKey);
  });

  it("opens one stream by one grant", async () => {
    const given = await granted("shell", size);
    expect(await refusalOf(tunnel, "shell", given)).toBe("none");
    expect(await refusalOf(tunnel, "shell", given)).toBe("board.sealed");
    const heard = await openTestStream(tunnel, "files-get", await granted("files-get", secret));
    await expect.poll(heard.text).toBe("secret");
  });

  it("ends what was let in by a trust that is over, also what is accepted only then", async () => {
    want("web", "127.0.0.1", port);
    const service = await openTestStream(tunnel, "tcp", { host: "127.0.0.1", port });
    const shell = await openTestStream(tunnel, "shell", await granted("shell", size));
    // A file is looked for before its stream is accepted: the trust ends meanwhile.
    const late = openTestTunnel((incoming) => {
      doors.serve(incoming);
      doors.endTrusting();
    });
    const file = await openTestStream(late, "files-get", await granted("files-get", secret));
    await expect.poll(shell.reset).toBe("not-allowed");
    await expect.poll(file.reset).toBe("not-allowed");
    late.close("ended");
    service.stream.write(Buffer.from("still"));
    await expect.poll(service.text).toBe("still");
    expect(await refusalOf(tunnel, "shell", await granted("shell", size))).toBe("none");
  });

  it("stores the bytes that its owner signed for, and no others", async () => {
    const bring = async (bytes: string) => {
      const args = { path: "brought", bytes: 4, sha256: sha256Hex(Buffer.from("mine")) };
      const heard = await openTestStream(tunnel, "files-put", await granted("files-put", args));
      heard.stream.write(Buffer.from(bytes));
      heard.stream.end();
      await expect.poll(heard.ended).toBe(true);
      return heard.messages;
    };
    expect(await bring("evil")).toMatchObject([{ kind: "failed", code: "file.failed" }]);
    expect(readdirSync(folder).sort()).toEqual(["other", "secret"]);
    expect(await bring("mine")).toMatchObject([{ kind: "stored", bytes: 4 }]);
  });

  it("lets services be reached as before, and reads no key for it", async () => {
    want("web", "127.0.0.1", port);
    const before = keyReads;
    expect(await refusalOf(tunnel, "tcp", { host: "127.0.0.1", port })).toBe("none");
    expect(keyReads).toBe(before);
  });
});

it("refuses kinds and arguments that it does not know", async () => {
  expect(await refusalOf(tunnel, "eth", {})).toBe("stream.refused");
  expect(await refusalOf(tunnel, "constructor", {})).toBe("stream.refused");
  expect(await refusalOf(tunnel, "tcp", { host: "127.0.0.1" })).toBe("request.invalid");
  expect(await refusalOf(tunnel, "tcp", { host: "127.0.0.1", port: 80, more: 1 })).toBe(
    "request.invalid",
  );
});
