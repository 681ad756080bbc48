// The same bytes read by our frames and by those of `ws`: what was seen must be the same, to the close code.
import type { Writable } from "node:stream";
import { seeded } from "@s4t/kit";
import { encodeClose, encodeFrame, opcodes } from "@s4t/kit/node/websocket";
import * as ws from "ws";
import { FrameReader } from "../src/node/websocket-frames.ts";

// `ws` exports its receiver, but its type package does not tell of it.
const { Receiver } = ws as unknown as {
  readonly Receiver: new (options: object) => Writable;
};

/** What a reader told, in order. */
export type Seen = readonly (string | number)[];
/** The greatest message that both readers take. */
export const limitBytes = 100_000;

/** Reads with ours. */
export const readWithOurs = (chunks: readonly Buffer[], masked: boolean): Seen[] => {
  const seen: (Seen | Uint8Array)[] = [];
  const reader = new FrameReader(
    { masked, maxMessageBytes: limitBytes },
    {
      // Bytes are ours to keep: they are looked at when all is read.
      onMessage: (data) => seen.push(typeof data === "string" ? ["text", data] : data),
      onPing: (data) => seen.push(["ping", Buffer.from(data).toString("hex")]),
      onPong: () => seen.push(["pong"]),
      onClose: (code, reason) => seen.push(["close", code, reason]),
      onViolation: (code) => seen.push(["violation", code]),
    },
  );
  for (const chunk of chunks) {
    // A copy, since masks are taken off in place; it is lent for the call only.
    const lent = Buffer.from(chunk);
    reader.push(lent);
    lent.fill(0xee);
  }
  return seen.map((one) =>
    one instanceof Uint8Array ? ["binary", Buffer.from(one).toString("hex")] : one,
  );
};

/** Reads with those of `ws`. What it refuses is told only in a later turn of the event loop. */
export const readWithWs = (chunks: readonly Buffer[], masked: boolean): Seen[] => {
  const seen: Seen[] = [];
  const receiver = new Receiver({
    isServer: masked,
    maxPayload: limitBytes,
    allowSynchronousEvents: true,
    binaryType: "nodebuffer",
    extensions: {},
    skipUTF8Validation: false,
  });
  receiver.on("message", (data: Buffer, isBinary: boolean) =>
    seen.push(isBinary ? ["binary", data.toString("hex")] : ["text", data.toString("utf8")]),
  );
  receiver.on("ping", (data: Buffer) => seen.push(["ping", data.toString("hex")]));
  receiver.on("pong", () => seen.push(["pong"]));
  receiver.on("conclude", (code: number, reason: Buffer) =>
    seen.push(["close", code, reason.toString("utf8")]),
  );
  receiver.on("error", (error: Error) => {
    const symbols = Object.getOwnPropertySymbols(error);
    const key = symbols.find((one) => one.description === "status-code");
    seen.push(["violation", key ? Number((error as never)[key]) : 0]);
  });
  for (const chunk of chunks) {
    if (receiver.destroyed || receiver.errored || seen.some(([what]) => what === "close")) break;
    receiver.write(Buffer.from(chunk));
  }
  return seen;
};

/** When all that `ws` has to say of what it read is said. */
export const wsHasSpoken = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The bytes cut at these points. */
export const cut = (bytes: Buffer, points: readonly number[]): Buffer[] => {
  const at = [...new Set(points.map((point) => point % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...at, bytes.length].map((end, i) => bytes.subarray(at[i - 1] ?? 0, end));
};

/** What so many frames came to. */
export interface CompareResult {
  readonly frames: number;
  readonly cases: number;
  /** What was seen, by kind; violations by their code. */
  readonly seen: Record<string, number>;
}

/** How many streams are read before `ws` is asked what it has seen. */
const BATCH = 500;

/** Streams of so many frames: fragmented, spoilt, cut and joined by chance. Throws where the two readers differ. */
export const compareWithWs = async ({
  frames,
  seed,
}: {
  readonly frames: number;
  readonly seed: number;
}): Promise<CompareResult> => {
  const random = seeded(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const often = (share: number): boolean => random() < share;
  const sizes = [0, 1, 5, 20, 125, 126, 127, 300];

  const aPayload = (isText: boolean): Buffer => {
    const size = often(0.005) ? oneOf([65_535, 65_536, 99_999, 100_001]) : oneOf(sizes);
    if (isText && often(0.97))
      return Buffer.from(oneOf(["a", "è", "🌋", "\u0000", "\uffff"]).repeat(Math.ceil(size / 2)));
    return Buffer.alloc(size, below(256));
  };
  const aFrame = (first: number, payload: Buffer, masked: boolean): Buffer => {
    const mask = Buffer.from([below(256), below(256), below(256), below(256)]);
    const frame = encodeFrame(opcodes.text, payload, masked === often(0.998) ? mask : undefined);
    frame[0] = first;
    return frame;
  };
  const aControl = (masked: boolean): Buffer => {
    if (often(0.1)) {
      const code = oneOf([1000, 1001, 1005, 1011, 1015, 2999, 3000, 4999, 5000, 0]);
      const payload = often(0.1)
        ? aPayload(false).subarray(0, 2)
        : encodeClose(code, oneOf(["", "è"]));
      return aFrame(0x88, payload, masked);
    }
    return aFrame(
      oneOf([0x89, 0x8a]),
      aPayload(false).subarray(0, often(0.98) ? 125 : 300),
      masked,
    );
  };
  /** A message in one frame or in several, control frames between them. */
  const aMessage = (masked: boolean): Buffer[] => {
    const isText = often(0.5);
    const payload = aPayload(isText);
    const opcode = isText ? opcodes.text : opcodes.binary;
    if (often(0.6)) return [aFrame(0x80 | opcode, payload, masked)];
    const parts = cut(
      payload,
      Array.from({ length: below(5) }, () => below(400)),
    );
    return parts.flatMap((part, i) => {
      const isLast = i === parts.length - 1;
      const frame = aFrame((isLast ? 0x80 : 0) | (i === 0 ? opcode : 0), part, masked);
      return often(0.2) ? [aControl(masked), frame] : [frame];
    });
  };
  const aStream = (masked: boolean): Buffer[] => {
    const stream = Array.from({ length: 1 + below(6) }, () =>
      often(0.15) ? [aControl(masked)] : aMessage(masked),
    ).flat();
    // One is left out, said twice, or something else altogether.
    const at = below(stream.length);
    const what = random();
    if (what < 0.1) stream.splice(at, 1);
    else if (what < 0.2) stream.splice(at, 0, stream[at] as Buffer);
    else if (what < 0.25) stream.splice(at, 0, aFrame(below(256), aPayload(false), masked));
    return stream;
  };
  const spoilt = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes);
    if (often(0.3))
      for (let i = below(3); i >= 0 && copy.length > 0; i -= 1)
        copy[below(copy.length)] = below(256);
    return often(0.1) ? copy.subarray(0, below(copy.length + 1)) : copy;
  };
  const inChunks = (bytes: Buffer, stream: readonly Buffer[]): Buffer[] => {
    const how = random();
    if (how < 0.3) return [bytes];
    if (how < 0.35)
      return cut(
        bytes,
        Array.from({ length: Math.min(bytes.length, 300) }, (_, i) => i),
      );
    if (how < 0.7)
      return cut(
        bytes,
        Array.from({ length: below(9) }, () => below(2 ** 20)),
      );
    let at = 0;
    return cut(
      bytes,
      stream.map((frame) => {
        at += frame.length;
        return at;
      }),
    );
  };

  const seen: Record<string, number> = {};
  let read = 0;
  let cases = 0;
  while (read < frames) {
    const batch = Array.from({ length: BATCH }, () => {
      const masked = often(0.5);
      const stream = aStream(masked);
      read += stream.length;
      const chunks = inChunks(spoilt(Buffer.concat(stream)), stream);
      return {
        chunks,
        masked,
        ours: readWithOurs(chunks, masked),
        theirs: readWithWs(chunks, masked),
      };
    });
    await wsHasSpoken();
    for (const { chunks, masked, ours, theirs } of batch) {
      cases += 1;
      for (const [what, code] of ours) {
        const kind = what === "violation" || what === "close" ? `${what} ${code}` : String(what);
        seen[kind] = (seen[kind] ?? 0) + 1;
      }
      if (JSON.stringify(ours) !== JSON.stringify(theirs))
        throw new RangeError(
          `seed ${seed}, stream ${cases}, masked ${masked}: ${JSON.stringify(ours).slice(-300)} for ` +
            `${JSON.stringify(theirs).slice(-300)} of ${chunks
              .map((one) => one.toString("hex"))
              .join(" ")
              .slice(0, 2_000)}`,
        );
    }
  }
  return { frames: read, cases, seen };
};
