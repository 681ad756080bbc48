// Tickets for what a board does by HTTP beside its link: bound to its session, good for a while, a bounded number at a time.
import { fail } from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import { randomToken } from "@s4t/kit/node";

/** How long a ticket for a backlog over HTTP is good. */
export const BACKLOG_TICKET_LIFE_S = 60;
/** Where a backlog is posted to. */
export const BACKLOG_PATH = "/link/backlog";
/** How long a ticket for bytes is good: a download over a poor line, taken up again a few times. */
export const BLOB_TICKET_LIFE_S = 600;
/** Most tickets for bytes of one session; beyond them the oldest is void. */
export const MAX_BLOB_TICKETS_PER_SESSION = 16;
/** Where bytes are fetched from. */
export const BLOB_PATH = "/blobs/";

export interface TicketOptions {
  readonly lifeS: number;
  /** Most that one session has; a further one makes the oldest void. */
  readonly perSession: number;
  /** Whether it is used up the first time. */
  readonly once: boolean;
}

interface Ticket<Owner> {
  readonly owner: Owner;
  readonly session: number;
  readonly expiresAtMs: number;
}

export interface Tickets<Owner> {
  issue(session: number, owner: Owner): string;
  /** Whose it is. Throws `link.revoked`. */
  redeem(ticket: string): Owner;
  /** The session is over. */
  forget(session: number): void;
}

/** Makes the keeper. What it holds is bounded by the sessions that there are. */
export const createTickets = <Owner>(
  clock: Clock,
  { lifeS, perSession, once }: TicketOptions,
): Tickets<Owner> => {
  const tickets = new Map<string, Ticket<Owner>>();
  const held = new Map<number, string[]>();
  const drop = (ticket: string, session: number): void => {
    tickets.delete(ticket);
    const rest = (held.get(session) ?? []).filter((each) => each !== ticket);
    if (rest.length > 0) held.set(session, rest);
    else held.delete(session);
  };
  return {
    issue(session, owner) {
      const [oldest, ...more] = held.get(session) ?? [];
      if (oldest !== undefined && more.length + 1 >= perSession) drop(oldest, session);
      const ticket = randomToken(16);
      const expiresAtMs = clock.monotonicMs() + lifeS * 1_000;
      tickets.set(ticket, { owner, session, expiresAtMs });
      held.set(session, [...(held.get(session) ?? []), ticket]);
      return ticket;
    },
    redeem(ticket) {
      const found = tickets.get(ticket);
      if (!found) throw fail("link.revoked");
      const isOver = found.expiresAtMs < clock.monotonicMs();
      if (once || isOver) drop(ticket, found.session);
      if (isOver) throw fail("link.revoked");
      return found.owner;
    },
    forget(session) {
      for (const ticket of held.get(session) ?? []) tickets.delete(ticket);
      held.delete(session);
    },
  };
};
