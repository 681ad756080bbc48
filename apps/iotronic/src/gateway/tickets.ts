// Tickets: who dials a tunnel shows one, once, soon after it was issued.

import { TUNNEL_TICKET_LIFE_S } from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import { randomToken } from "@s4t/kit/node";

/** Tickets at once: every board of a busy cloud dialling at the same time. */
export const MAX_TICKETS = 20_000;
const TICKET_BYTES = 24;

export interface Tickets<Purpose> {
  issue(purpose: Purpose): string;
  /** What a ticket is for; undefined for one that is unknown, used up or too old. It is used up. */
  redeem(ticket: string): Purpose | undefined;
}

/** Makes the tickets of one kind. */
export const createTickets = <Purpose>(clock: Clock): Tickets<Purpose> => {
  const issued = new Map<string, { readonly purpose: Purpose; readonly endsMs: number }>();
  const sweep = (): void => {
    const now = clock.monotonicMs();
    for (const [ticket, { endsMs }] of issued) {
      if (endsMs > now && issued.size < MAX_TICKETS) return; // the rest is younger
      issued.delete(ticket);
    }
  };
  return {
    issue(purpose) {
      sweep();
      const ticket = randomToken(TICKET_BYTES);
      issued.set(ticket, { purpose, endsMs: clock.monotonicMs() + TUNNEL_TICKET_LIFE_S * 1_000 });
      return ticket;
    },
    redeem(ticket) {
      const found = issued.get(ticket);
      issued.delete(ticket);
      return found && found.endsMs > clock.monotonicMs() ? found.purpose : undefined;
    },
  };
};
