export * from "./accept.ts";
export * from "./dial.ts";
export { pipeSocket } from "./pipe-socket.ts";
export { resetSocket } from "./reset-socket.ts";
export { CLOSE_TIMEOUT_MS } from "./socket-transport.ts";
