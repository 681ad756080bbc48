export { BROWSER_ROOM_MS, browserTransport } from "./browser.ts";
export * from "./credit.ts";
export { TunnelError } from "./error.ts";
export * from "./frames.ts";
export { linkedTransports } from "./linked.ts";
export type { Stream, StreamListener } from "./stream.ts";
export { MAX_EARLY_INPUTS, MAX_WAITING_MESSAGE_BYTES } from "./stream.ts";
export * from "./transport.ts";
export * from "./tunnel.ts";
