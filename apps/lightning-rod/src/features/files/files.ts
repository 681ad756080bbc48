// Files through a tunnel: listed, read from an offset, written whole. What goes wrong before a stream is accepted refuses it; what goes
// wrong later is told by a message.
import { createHash } from "node:crypto";
import { type FileMessage, fail, type StreamArgs } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import type { IncomingStream, Stream } from "@s4t/tunnel";
import type { FileAccess, NewFile, OpenedFile } from "../../platform/file-access.ts";

/** Streams of files at once. */
export const MAX_FILE_STREAMS = 16;
/** Bytes that are read at once: large enough to be cheap, small enough to hold several. */
export const FILE_PIECE_BYTES = 262_144;
/** Mode of a file that comes without one: its user's to write, everybody's to read. */
export const DEFAULT_FILE_MODE = 0o644;

export interface Files {
  list(args: StreamArgs<"files-list">, incoming: IncomingStream): Promise<void>;
  get(args: StreamArgs<"files-get">, incoming: IncomingStream): Promise<void>;
  put(args: StreamArgs<"files-put">, incoming: IncomingStream): Promise<void>;
}

/** A stream that is written to piece by piece. */
interface Writer {
  readonly isOver: boolean;
  /** Resolves when more may be written. */
  write(bytes: Uint8Array): Promise<void>;
  message(message: FileMessage): void;
  end(): void;
}

const writerOf = (stream: Stream): Writer => {
  let isOver = false;
  let go = (): void => {};
  stream.listen({
    onData: (bytes) => stream.consumed(bytes.length),
    onEnd: () => {},
    onReset() {
      isOver = true;
      go();
    },
    onDrain: () => go(),
  });
  return {
    get isOver() {
      return isOver;
    },
    write(bytes) {
      if (isOver || stream.write(bytes)) return Promise.resolve();
      return new Promise((resolve) => {
        go = resolve;
      });
    },
    message: (message) => stream.message(message),
    end: () => stream.end(),
  };
};

const failureOf = (error: unknown): FileMessage => {
  const known = isS4tError(error) ? error : fail("internal", { reference: "the board" }, error);
  return { kind: "failed", code: known.code, sentence: known.message.slice(0, 1_024) };
};

const sendFile = async (writer: Writer, file: OpenedFile, offset: number): Promise<void> => {
  const hash = createHash("sha256");
  let sent = 0;
  // What is added to the file while it is read is not part of it.
  const wanted = Math.max(0, file.bytes - offset);
  while (sent < wanted && !writer.isOver) {
    const bytes = await file.read(offset + sent, Math.min(FILE_PIECE_BYTES, wanted - sent));
    if (bytes.length === 0) break; // it was shortened meanwhile: the hash is of what came
    hash.update(bytes);
    sent += bytes.length;
    await writer.write(bytes);
  }
  writer.message({ kind: "sent", bytes: sent, sha256: hash.digest("hex") });
};

/** What a file has to be, to be stored. */
interface Expected {
  readonly path: string;
  readonly bytes: number;
  readonly sha256?: string | undefined;
}

const receiveFile = (stream: Stream, file: NewFile, expected: Expected): Promise<void> => {
  const hash = createHash("sha256");
  let received = 0;
  let isOver = false;
  let work = Promise.resolve();
  const give = (message: FileMessage): void => {
    isOver = true;
    stream.message(message);
    stream.end();
  };
  /** One after the other; after a failure, nothing. */
  const then = (step: () => Promise<void>): void => {
    work = work.then(async () => {
      if (isOver) return;
      try {
        await step();
      } catch (error) {
        await file.discard();
        give(failureOf(error));
      }
    });
  };
  stream.listen({
    onData(bytes) {
      then(async () => {
        received += bytes.length;
        if (received > expected.bytes)
          throw fail("request.invalid", { where: "bytes", because: "more came than was said" });
        hash.update(bytes);
        await file.write(bytes);
        stream.consumed(bytes.length);
      });
    },
    onEnd() {
      then(async () => {
        if (received < expected.bytes)
          throw fail("request.invalid", { where: "bytes", because: "fewer came than was said" });
        const sha256 = hash.digest("hex");
        if (expected.sha256 !== undefined && expected.sha256 !== sha256)
          throw fail("file.failed", {
            path: expected.path,
            because: "what came is not what was announced (SHA-256)",
          });
        await file.commit();
        give({ kind: "stored", bytes: received, sha256 });
      });
    },
    onReset() {
      isOver = true;
      work = work.then(() => file.discard());
    },
  });
  return stream.ended.then(() => work);
};

/** Makes the feature. */
export const createFiles = (access: FileAccess): Files => {
  let count = 0;
  const counted = async (work: () => Promise<void>): Promise<void> => {
    if (count >= MAX_FILE_STREAMS)
      throw fail("stream.busy", { because: `${MAX_FILE_STREAMS} files are under way` });
    count += 1;
    await work().finally(() => {
      count -= 1;
    });
  };

  return {
    list: ({ path }, incoming) =>
      counted(async () => {
        const entries = access.list(path)[Symbol.asyncIterator]();
        let next = await entries.next(); // what is wrong with the path refuses the stream
        const writer = writerOf(incoming.accept());
        try {
          for (; !next.done && !writer.isOver; next = await entries.next())
            writer.message({ kind: "entry", ...next.value });
        } catch (error) {
          writer.message(failureOf(error));
        } finally {
          await entries.return?.();
          writer.end();
        }
      }),
    get: ({ path, offset = 0 }, incoming) =>
      counted(async () => {
        const file = await access.open(path);
        const writer = writerOf(incoming.accept());
        try {
          writer.message({ kind: "size", bytes: file.bytes });
          await sendFile(writer, file, offset);
        } catch (error) {
          writer.message(failureOf(error));
        } finally {
          writer.end();
          await file.close();
        }
      }),
    put: ({ path, bytes, mode = DEFAULT_FILE_MODE, sha256 }, incoming) =>
      counted(async () => {
        const file = await access.create(path, { mode, bytes });
        await receiveFile(incoming.accept(), file, { path, bytes, sha256 });
      }),
  };
};
