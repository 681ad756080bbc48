// A transport on the WebSocket that browsers have (and Node): for pages that open a shell. It masks and frames by itself, so this only
// puts heads before payloads.
import { Bug } from "@s4t/kit";
import {
  type EndReason,
  endReasons,
  FRAME_HEAD_BYTES,
  MAX_PAYLOAD_BYTES,
  TICKET_PREFIX,
  TUNNEL_SUBPROTOCOL,
} from "./frames.ts";
import { HIGH_WATER_BYTES, type Transport, type TransportListener } from "./transport.ts";

/** How often a full WebSocket is looked at: browsers do not tell when there is room. */
export const BROWSER_ROOM_MS = 20;

const ended = (code: number, said: string): EndReason =>
  endReasons.find((reason) => reason === said) ?? (code === 1000 ? "ended" : "lost");

/** Dials from a page: `url` is that of the tunnels' door, `ws:` or `wss:`. Frames wait until it is open. */
export const browserTransport = (url: string, ticket: string): Transport => {
  if (!/^[\w-]+$/.test(ticket)) throw new Bug("a ticket that is no token");
  const socket = new WebSocket(url, [TUNNEL_SUBPROTOCOL, TICKET_PREFIX + ticket]);
  socket.binaryType = "arraybuffer";
  let listener: TransportListener | undefined;
  let early: Uint8Array<ArrayBuffer>[] = [];
  let earlyBytes = 0;
  let isOver = false;
  let looking: ReturnType<typeof setTimeout> | undefined;

  const bufferedBytes = (): number => socket.bufferedAmount + earlyBytes;
  /** Looks until there is room again. */
  const look = (): void => {
    looking ??= setTimeout(() => {
      looking = undefined;
      if (isOver) return;
      if (bufferedBytes() >= HIGH_WATER_BYTES) look();
      else listener?.onDrain();
    }, BROWSER_ROOM_MS);
  };
  const finish = (reason: EndReason, because: string): void => {
    if (isOver) return;
    isOver = true;
    early = [];
    clearTimeout(looking);
    listener?.onClose(reason, because);
  };
  socket.onopen = () => {
    for (const frame of early) socket.send(frame);
    early = [];
    earlyBytes = 0;
  };
  socket.onmessage = ({ data }: { readonly data: unknown }) => {
    if (isOver) return;
    const isSound = data instanceof ArrayBuffer && data.byteLength >= FRAME_HEAD_BYTES;
    if (!isSound || data.byteLength > FRAME_HEAD_BYTES + MAX_PAYLOAD_BYTES) {
      socket.close(1000, "protocol");
      return finish("protocol", "a message that is no frame");
    }
    const view = new DataView(data);
    listener?.onFrame(view.getUint8(0), view.getUint32(1), new Uint8Array(data, FRAME_HEAD_BYTES));
  };
  socket.onclose = ({ code, reason }) => finish(ended(code, reason), "the connection is closed");

  return {
    send(type, stream, payload, taken) {
      if (!isOver) {
        const frame = new Uint8Array(FRAME_HEAD_BYTES + (payload?.length ?? 0));
        frame[0] = type;
        new DataView(frame.buffer).setUint32(1, stream);
        if (payload) frame.set(payload, FRAME_HEAD_BYTES);
        if (socket.readyState === socket.CONNECTING) {
          early.push(frame);
          earlyBytes += frame.length;
        } else socket.send(frame);
        if (bufferedBytes() >= HIGH_WATER_BYTES) look();
      }
      taken?.();
    },
    close(reason) {
      isOver = true;
      clearTimeout(looking);
      socket.close(1000, reason);
    },
    listen(given) {
      listener = given;
      if (socket.readyState === socket.CLOSED)
        queueMicrotask(() => finish("lost", "it was closed"));
    },
    get bufferedBytes() {
      return bufferedBytes();
    },
  };
};
