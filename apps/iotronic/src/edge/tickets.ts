// Tickets: who was told one shows it soon, in place of proving again who they are. Each belongs to a holder, with whom it ends.
import type { Clock } from "@s4t/kit";
import { randomToken } from "@s4t/kit/node";

/** Too long to be guessed: 192 bits. */
const TICKET_BYTES = 24;

export interface TicketOptions {
  readonly lifeMs: number;
  /** Most that one holder has; a further one makes the oldest void. */
  readonly perHolder: number;
  /** Whether it is used up the first time. */
  readonly once: boolean;
}

interface Ticket<Holder, Value> {
  readonly holder: Holder;
  readonly value: Value;
  readonly endsMs: number;
}

export interface Tickets<Holder, Value> {
  issue(holder: Holder, value: Value): string;
  /** What it is for; undefined where it is unknown, used up or too old. */
  redeem(ticket: string): Value | undefined;
  /** The same without using it up. */
  look(ticket: string): Value | undefined;
  /** The holder is gone: all of theirs are void. */
  forget(holder: Holder): void;
}

/** Makes the keeper of one kind. What it holds is bounded by the holders of one life. */
export const createTickets = <Holder, Value>(
  clock: Clock,
  { lifeMs, perHolder, once }: TicketOptions,
): Tickets<Holder, Value> => {
  const issued = new Map<string, Ticket<Holder, Value>>(); // oldest first: all live equally long
  const held = new Map<Holder, Set<string>>();
  const drop = (ticket: string, holder: Holder): void => {
    issued.delete(ticket);
    const theirs = held.get(holder);
    theirs?.delete(ticket);
    if (theirs?.size === 0) held.delete(holder);
  };
  const sweep = (now: number): void => {
    for (const [ticket, { holder, endsMs }] of issued) {
      if (endsMs > now) return;
      drop(ticket, holder);
    }
  };
  const live = (ticket: string): Ticket<Holder, Value> | undefined => {
    const found = issued.get(ticket);
    if (!found || found.endsMs > clock.monotonicMs()) return found;
    drop(ticket, found.holder);
    return undefined;
  };
  return {
    issue(holder, value) {
      const now = clock.monotonicMs();
      sweep(now);
      const [oldest] = held.get(holder) ?? [];
      if (oldest !== undefined && (held.get(holder)?.size ?? 0) >= perHolder) drop(oldest, holder);
      const ticket = randomToken(TICKET_BYTES);
      issued.set(ticket, { holder, value, endsMs: now + lifeMs });
      const theirs = held.get(holder) ?? new Set();
      held.set(holder, theirs.add(ticket));
      return ticket;
    },
    redeem(ticket) {
      const found = live(ticket);
      if (found && once) drop(ticket, found.holder);
      return found?.value;
    },
    look: (ticket) => live(ticket)?.value,
    forget(holder) {
      for (const ticket of held.get(holder) ?? []) issued.delete(ticket);
      held.delete(holder);
    },
  };
};
