// Files of a board: listed, brought, taken. Bytes are compared by their SHA-256 with what the board has.
import { check, FileMessage, fail } from "@s4t/contract";
import { S4tError } from "@s4t/kit";
import type { Stream } from "@s4t/tunnel";
import type { Client } from "../client.ts";
import { brokenOff, openStream, type ReachOptions } from "./way.ts";

/** An entry of a folder. */
export interface BoardFile {
  readonly name: string;
  readonly type: "file" | "folder" | "link" | "other";
  readonly bytes: number;
  readonly mode: number;
  readonly modifiedMs: number;
}

/** A hash that is fed: programs have one that streams, pages may go without. */
export interface Hashing {
  update(bytes: Uint8Array): void;
  hex(): string;
}

export interface FileOptions extends ReachOptions {
  /** As the board has it; where it does not begin with `/`, within the first folder that its owner allows. */
  readonly path: string;
  readonly hash?: (() => Hashing) | undefined;
  /** How far it is, and of how many bytes: as it begins, with each piece that went over, and at the end. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What went over, by the board's word and one's own. */
export interface Transferred {
  readonly bytes: number;
  readonly sha256: string;
}

const messageOf = (message: unknown): FileMessage => {
  const said = check(FileMessage, message, "message");
  if (said.kind === "failed") throw new S4tError(said.code, said.sentence);
  return said;
};

const compare = (path: string, told: Transferred, hash: Hashing | undefined): Transferred => {
  if (hash && hash.hex() !== told.sha256)
    throw fail("file.failed", { path, because: "what came is not what was sent (SHA-256)" });
  return told;
};

/** Hears a stream to its end; what `onData` or `onMessage` throws ends it. */
const hearAll = (
  stream: Stream,
  onMessage: (message: FileMessage) => void,
  onData: (bytes: Uint8Array) => void | Promise<void> = () => {},
  onDrain: () => void = () => {},
): Promise<void> =>
  new Promise((resolve, reject) => {
    let work: Promise<void> = Promise.resolve();
    const then = (step: () => void | Promise<void>): void => {
      work = work.then(step).catch((error: unknown) => {
        reject(error);
        stream.reset("cancelled");
      });
    };
    stream.listen({
      onData: (bytes) =>
        then(async () => {
          await onData(bytes);
          stream.consumed(bytes.length);
        }),
      onMessage: (message) => then(() => onMessage(messageOf(message))),
      onEnd: () => then(resolve),
      onReset: (reason) => then(() => Promise.reject(brokenOff(reason))),
      onDrain,
    });
  });

/** Lists a folder of the board. */
export const listFiles = async (
  client: Client,
  options: Omit<FileOptions, "hash" | "onProgress">,
): Promise<BoardFile[]> => {
  const { path } = options;
  const { stream, close } = await openStream(client, options, "files-list", { path });
  const entries: BoardFile[] = [];
  try {
    stream.end();
    await hearAll(stream, (said) => {
      if (said.kind !== "entry") return;
      const { kind: _, ...entry } = said;
      entries.push(entry);
    });
    return entries.sort((a, b) => a.name.localeCompare(b.name));
  } finally {
    close();
  }
};

/** Takes a file from the board, from `offset` on. Throws `file.failed` where its hash is another. */
export const getFile = async (
  client: Client,
  { offset = 0, ...options }: FileOptions & { readonly offset?: number | undefined },
  take: (bytes: Uint8Array) => void | Promise<void>,
): Promise<Transferred> => {
  const { path, onProgress } = options;
  const hash = options.hash?.();
  const { stream, close } = await openStream(client, options, "files-get", { path, offset });
  let told: Transferred | undefined;
  let total = 0;
  let done = offset;
  try {
    stream.end();
    await hearAll(
      stream,
      (said) => {
        if (said.kind === "size") {
          total = said.bytes;
          onProgress?.(done, total);
        }
        if (said.kind === "sent") told = { bytes: said.bytes, sha256: said.sha256 };
      },
      async (bytes) => {
        hash?.update(bytes);
        await take(bytes);
        done += bytes.length;
        onProgress?.(done, total);
      },
    );
    if (!told || told.bytes !== done - offset)
      throw fail("file.failed", { path, because: "it did not come whole" });
    return compare(path, told, hash);
  } finally {
    close();
  }
};

/** Brings a file to the board; there it appears whole or not at all. Throws `file.failed` where the board has another hash. */
export const putFile = async (
  client: Client,
  options: FileOptions & {
    readonly bytes: number;
    readonly mode?: number | undefined;
    /** Of the bytes, hex, where it is known before: the board stores no others. */
    readonly sha256?: string | undefined;
  },
  source: AsyncIterable<Uint8Array>,
): Promise<Transferred> => {
  const { path, bytes, mode, sha256, onProgress } = options;
  const hash = options.hash?.();
  const args = {
    ...{ path, bytes },
    ...(mode === undefined ? {} : { mode }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
  const { stream, close } = await openStream(client, options, "files-put", args);
  let told: Transferred | undefined;
  let isOver = false;
  let go = (): void => {};
  const heard = hearAll(
    stream,
    (said) => {
      if (said.kind === "stored") told = { bytes: said.bytes, sha256: said.sha256 };
    },
    () => {},
    () => go(),
  ).finally(() => {
    isOver = true;
    go();
  });
  heard.catch(() => {}); // thrown below, once nothing is sent any more
  try {
    let done = 0;
    onProgress?.(done, bytes);
    for await (const piece of source) {
      if (isOver) break;
      hash?.update(piece);
      done += piece.length;
      const isTaken = new Promise<void>((resolve) => {
        go = resolve;
      });
      if (!stream.write(piece)) await isTaken;
      onProgress?.(done, bytes);
    }
    stream.end();
    await heard;
    if (!told) throw fail("file.failed", { path, because: "the board did not say that it has it" });
    return compare(path, told, hash);
  } finally {
    close();
  }
};
