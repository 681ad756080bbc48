// What all protocols of ours that run over a WebSocket at Node share: both halves of its beginning, its frames, and how its socket is
// read.
export * from "./accept-upgrade.ts";
export * from "./failure.ts";
export * from "./frame-parser.ts";
export * from "./frames.ts";
export * from "./gathered.ts";
export * from "./mask.ts";
export * from "./open-socket.ts";
export * from "./read-socket.ts";
export * from "./slab.ts";
export * from "./upgrade.ts";
