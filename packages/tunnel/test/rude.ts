// A peer that says anything: right frames, right ones spoilt, and rubbish, while the near end does whatever its users may do.
import { type Json, seeded, systemClock } from "@s4t/kit";
import { type FrameType, frameTypes } from "../src/frames.ts";
import type { Stream } from "../src/stream.ts";
import type { Transport, TransportListener } from "../src/transport.ts";
import { createTunnel, type IncomingStream, MAX_WAITING_BYTES } from "../src/tunnel.ts";

const MAX_STREAMS = 16;

export interface RudeResult {
  readonly frames: number;
  /** Tunnels that ended with `protocol`, and all of them: neither may be none, or nothing was tried. */
  readonly refused: number;
  readonly tunnels: number;
  /** Bytes that users were given. */
  readonly heardBytes: number;
}

const json = (value: Json): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};

/** Sends so many frames; throws at the first thing that must not be. */
export const beRude = ({
  frames,
  seed,
}: {
  readonly frames: number;
  readonly seed: number;
}): RudeResult => {
  const random = seeded(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const result = { frames, refused: 0, tunnels: 0, heardBytes: 0 };

  const start = () => {
    result.tunnels += 1;
    let listener: TransportListener | undefined;
    let ended: string | undefined;
    const offers: IncomingStream[] = [];
    const streams: Stream[] = [];
    const transport: Transport & { bufferedBytes: number } = {
      bufferedBytes: 0,
      send(_type, _stream, payload, taken) {
        if (random() < 0.01) this.bufferedBytes += payload?.length ?? 0;
        taken?.();
      },
      close(reason) {
        ended = reason;
      },
      listen(given) {
        listener = given;
      },
    };
    const tunnel = createTunnel(transport, {
      role: "acceptor",
      clock: systemClock,
      maxStreams: MAX_STREAMS,
      onOpen: (incoming) => offers.push(incoming),
    });
    const hear = (stream: Stream): void =>
      stream.listen({
        onData(bytes) {
          result.heardBytes += bytes.length;
          if (random() < 0.8) stream.consumed(bytes.length);
        },
        onEnd: () => stream.end(),
        onReset: () => {},
      });
    const use = (): void => {
      const stream = streams.length > 0 ? oneOf(streams) : undefined;
      switch (below(9)) {
        case 0:
        case 1: {
          const accepted = offers.shift()?.accept();
          if (accepted) streams.push(accepted);
          if (accepted && random() < 0.9) hear(accepted);
          return;
        }
        case 2:
          offers.shift()?.refuse("no", "No. ".repeat(below(500)));
          return;
        case 3:
          stream?.write(new Uint8Array(below(100_000)));
          return;
        case 4:
          stream?.message({ n: below(9) });
          return;
        case 5:
          stream?.end();
          return;
        case 6:
          if (random() < 0.2) stream?.reset("cancelled");
          return;
        case 7:
          transport.bufferedBytes = 0;
          listener?.onDrain();
          return;
        default:
          tunnel.open({ kind: "back", args: null }).then(hear, () => {});
      }
    };
    return {
      tunnel,
      use,
      say: (...frame: Parameters<TransportListener["onFrame"]>) => listener?.onFrame(...frame),
      end: () => ended,
      transport,
    };
  };

  let nextId = 1;
  let now = start();
  /** A frame that would do, most of the time. */
  const frame = (): readonly [type: number, id: number, payload: Uint8Array] => {
    const id = random() < 0.5 ? Math.max(1, nextId - 2 * (1 + below(6))) : 2 * (1 + below(4));
    switch (below(11)) {
      case 0:
      case 1:
        nextId += 2;
        return [
          frameTypes.open,
          nextId - 2,
          Buffer.concat([u32(below(300_000)), json({ kind: "x", args: below(9) })]),
        ];
      case 2:
        return [frameTypes.accept, id, u32(below(300_000))];
      case 3:
        return [frameTypes.refuse, id, json({ code: "no", sentence: "No." })];
      case 4:
      case 5:
        return [frameTypes.data, id, new Uint8Array(below(random() < 0.1 ? 140_000 : 2_000))];
      case 6:
        return [frameTypes.credit, id, u32(random() < 0.1 ? 0xffff_ffff : below(100_000))];
      case 7:
        return [frameTypes.message, id, json({ n: below(9) })];
      case 8:
        return random() < 0.5
          ? [frameTypes.end, id, u32(0)]
          : [frameTypes.reset, id, u32(below(99))];
      case 9:
        return [oneOf([frameTypes.ping, frameTypes.pong]), 0, u32(below(2 ** 32))];
      default:
        return random() < 0.1 ? [frameTypes.drain, 0, u32(0)] : [200, below(9), u32(0)];
    }
  };
  const spoil = ([type, id, payload]: ReturnType<typeof frame>): ReturnType<typeof frame> => {
    const spoilt = payload.slice(0, below(payload.length + 1));
    for (let i = 0; i < spoilt.length && i < 8; i += 1) spoilt[below(spoilt.length)] = below(256);
    return [random() < 0.5 ? below(256) : type, random() < 0.5 ? below(2 ** 32) : id, spoilt];
  };

  for (let sent = 0; sent < frames; sent += 1) {
    const said = random() < 0.02 ? spoil(frame()) : frame();
    now.say(said[0] as FrameType, said[1], said[2]);
    if (random() < 0.7) now.use();
    if (now.tunnel.streamCount > MAX_STREAMS)
      throw new RangeError(`frame ${sent}: ${now.tunnel.streamCount} streams`);
    if (now.end() === undefined && now.transport.bufferedBytes > MAX_WAITING_BYTES + 200_000)
      throw new RangeError(`frame ${sent}: ${now.transport.bufferedBytes} bytes wait`);
    if (now.end() === undefined) continue;
    if (now.end() === "protocol") result.refused += 1;
    if (now.tunnel.streamCount !== 0)
      throw new RangeError(`frame ${sent}: streams outlive their tunnel`);
    nextId = 1;
    now = start();
  }
  now.tunnel.close("ended");
  return result;
};
