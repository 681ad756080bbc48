// The id of a TLS channel that both of its ends can compute and nobody in between can choose (RFC 9266).
import type { Duplex } from "node:stream";

interface Exporter {
  exportKeyingMaterial(sizeBytes: number, label: string, context: Buffer): Buffer;
}

const isExporter = (socket: object): socket is Exporter =>
  "exportKeyingMaterial" in socket && typeof socket.exportKeyingMaterial === "function";

/** The 32 bytes of `tls-exporter`; undefined where `socket` is no TLS channel, or is gone. */
export const channelIdOf = (socket: Duplex): Uint8Array | undefined =>
  isExporter(socket) && !socket.destroyed
    ? socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0))
    : undefined;
