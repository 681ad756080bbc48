// The client's half of a WebSocket's beginning, for every protocol of ours that runs over one.
export * from "./failure.ts";
export * from "./open-socket.ts";
export * from "./upgrade.ts";
