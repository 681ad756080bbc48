export * from "./ed25519.ts";
export * from "./random.ts";
export * from "./websocket-client.ts";
export * from "./websocket-server.ts";
