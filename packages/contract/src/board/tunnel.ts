import * as Type from "typebox";
import { TUNNEL_TICKET_LIFE_S } from "../stream.ts";
import { procedure } from "./procedure.ts";

/** A ticket as it travels: 128 bits and more, base64url. */
export const TunnelTicket = Type.String({ pattern: "^[A-Za-z0-9_-]{22,64}$" });

/**
 * What a board signs with the key that it joined with, to show that it is the one that was asked to dial: a ticket that somebody read
 * on its way opens nothing.
 */
export const signedDialText = (ticket: string): string => `s4t tunnel dial 1\n${ticket}`;

/** Tunnels of a board: dialled when they are needed. */
export const tunnel = {
  dial: procedure({
    on: "board",
    name: "tunnel.dial",
    summary: `Dial a tunnel to the cloud with a ticket for one use, of this session, within ${TUNNEL_TICKET_LIFE_S} s`,
    args: Type.Object({
      path: Type.String({ pattern: "^/[a-z/]*$", maxLength: 100 }),
      ticket: TunnelTicket,
    }),
    reply: Type.Object({}),
    timeoutMs: 15_000,
    idempotent: false,
  }),
  challenge: procedure({
    on: "board",
    name: "tunnel.challenge",
    summary: "On a sealed project: what the owner signs to be let in, good for one stream",
    args: Type.Object({ kind: Type.String({ maxLength: 32 }) }),
    reply: Type.Object({
      challenge: Type.String({ pattern: "^[0-9a-f]{64}$" }),
      board: Type.String({ pattern: "^[0-9a-f]{64}$", description: "The board's public key" }),
      expiresInS: Type.Integer(),
    }),
    timeoutMs: 10_000,
    idempotent: true,
  }),
};
