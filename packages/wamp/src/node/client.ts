// The client's half of the Node door, for programs that must stay small: it loads neither `ws` nor an HTTP server.
export * from "./channel-id.ts";
export * from "./ed25519.ts";
export type { PeerCertificate, TlsOptions } from "./open-socket.ts";
export * from "./random.ts";
export * from "./websocket-client.ts";
