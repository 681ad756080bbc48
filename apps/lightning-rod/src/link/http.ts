/**
 * What asks an address. As CommonJS has it: an ES import reads every export of a module of Node's, and on Node 24 and 26 that of
 * `WebSocket` loads a second client of HTTP, 13 MB of a board's memory that nobody uses.
 */
export const requesterOf = (url: string): typeof import("node:http").request =>
  process.getBuiltinModule(url.startsWith("https:") ? "node:https" : "node:http").request;
