// How a client reached this cloud: what links and the catalogue say, so that it finds back.
import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";

/** Origin by which the client of a request finds this cloud: `https://cloud.example:8812`. */
export type Reached = (request: FastifyRequest) => string;

const host = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

const isLoopback = (text: string): boolean => {
  const name = text.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  return name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
};

/** Makes it. `told`: what others are told, where that is set; `otherwise`: where a request names no host that could be one. */
export const createReached =
  (told: string | null, otherwise: () => string): Reached =>
  (request) => {
    const named = request.headers.host ?? "";
    if (!host.test(named)) return told ?? otherwise();
    // Who speaks to this machine itself goes on doing so; everybody else comes by the name that is set.
    if (told !== null && !isLoopback(named)) return told;
    return `${"encrypted" in request.socket ? "https" : "http"}://${named}`;
  };
