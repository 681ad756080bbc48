// Tickets for a backlog over HTTP: one for each session at a time, good once and for a short while.
import { fail } from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import { randomToken } from "@s4t/kit/node";

/** How long a ticket for a backlog over HTTP is good. */
export const BACKLOG_TICKET_LIFE_S = 60;
/** Where a backlog is posted to. */
export const BACKLOG_PATH = "/link/backlog";

interface Ticket<Owner> {
  readonly owner: Owner;
  readonly session: number;
  readonly expiresAtMs: number;
}

export interface BacklogTickets<Owner> {
  /** A new one; the session's earlier one is void. */
  issue(session: number, owner: Owner): string;
  /** Uses one up and answers whose it was. Throws `link.revoked`. */
  redeem(ticket: string): Owner;
  /** The session is over. */
  forget(session: number): void;
}

/** Makes the keeper. What it holds is bounded by the sessions that there are. */
export const createBacklogTickets = <Owner>(clock: Clock): BacklogTickets<Owner> => {
  const tickets = new Map<string, Ticket<Owner>>();
  const held = new Map<number, string>();
  const forget = (session: number): void => {
    const ticket = held.get(session);
    if (ticket === undefined) return;
    held.delete(session);
    tickets.delete(ticket);
  };
  return {
    issue(session, owner) {
      forget(session);
      const ticket = randomToken(16);
      const expiresAtMs = clock.monotonicMs() + BACKLOG_TICKET_LIFE_S * 1_000;
      tickets.set(ticket, { owner, session, expiresAtMs });
      held.set(session, ticket);
      return ticket;
    },
    redeem(ticket) {
      const found = tickets.get(ticket);
      if (!found) throw fail("link.revoked");
      forget(found.session);
      if (found.expiresAtMs < clock.monotonicMs()) throw fail("link.revoked");
      return found.owner;
    },
    forget,
  };
};
