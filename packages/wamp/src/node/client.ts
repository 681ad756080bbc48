// The client's half of the Node door, for programs that must stay small: it loads neither `ws` nor an HTTP server.

export type { PeerCertificate, TlsOptions } from "@s4t/kit/node/websocket";
export * from "./channel-id.ts";
export * from "./ed25519.ts";
export * from "./random.ts";
export * from "./websocket-client.ts";
