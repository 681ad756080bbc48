// Who may begin to join now, and when the others shall come again. A join costs a signature, a commit and for a moment a place in
// both queues; ten thousand boards that lost the same cloud must not all stand in them. Whoever is put off is told a moment of its
// own: moments are given out as far apart as joins were finished of late. Synchronous; it knows no socket.
import type { Clock } from "@s4t/kit";

/** Most joins under way: enough to keep verifying and committing busy, few enough that each is through within a second. */
export const MAX_JOINS_UNDER_WAY = 256;
/** Most of one address: a fleet behind one router comes back quickly, and a stranger who only opens sockets leaves room for others. */
export const MAX_JOINS_OF_ADDRESS = 128;
/** A join holds its place for so long at most: a handshake that dawdles is nobody's reason to wait. */
export const JOIN_PLACE_MS = 3_000;
/** Soonest that a board is asked to come again. */
export const MIN_COME_AGAIN_MS = 1_000;
/** Latest: a board that lost its cloud shows as lost for as long. */
export const MAX_COME_AGAIN_MS = 30_000;
/**
 * Joins a second while none was seen of late: somewhat more than two cores take that the boards share, since who comes too early costs
 * less than a core that waits.
 */
export const EXPECTED_JOINS_PER_S = 1_000;
/** The same over TLS, where who comes too early has made a handshake for nothing. */
export const EXPECTED_TLS_JOINS_PER_S = 250;
/** Fewer are not expected, however slow it was. */
export const MIN_JOINS_PER_S = 100;

/** A place among those that join. */
export interface JoinPlace {
  /** Joined, refused or gone. */
  leave(): void;
  /** It joined: the pace of others is reckoned by it. Answers how long that took it, ms. */
  joined(): number;
}

/** May begin, or shall come again. */
export type Admitted =
  | { readonly kind: "place"; readonly place: JoinPlace }
  | { readonly kind: "later"; readonly afterMs: number };

export interface Admission {
  /** `isSecure`: it came over TLS. */
  ask(address: string, isSecure?: boolean): Admitted;
  /** `comeAgainMs`: how far ahead the last moment lies that was given out. */
  counts(): { readonly underWay: number; readonly putOff: number; readonly comeAgainMs: number };
}

interface Held {
  readonly address: string;
  readonly sinceMs: number;
}

/** Makes one, empty. */
export const createAdmission = ({ monotonicMs }: Pick<Clock, "monotonicMs">): Admission => {
  const held = new Set<Held>();
  const ofAddress = new Map<string, number>();
  const pace = { second: 0, joined: 0, before: 0 };
  let putOff = 0;
  let lastMomentMs = 0;

  const leave = (place: Held): void => {
    if (!held.delete(place)) return;
    const left = (ofAddress.get(place.address) ?? 1) - 1;
    if (left > 0) ofAddress.set(place.address, left);
    else ofAddress.delete(place.address);
  };
  const dropDawdlers = (nowMs: number): void => {
    for (const place of held) {
      if (nowMs - place.sinceMs < JOIN_PLACE_MS) return; // in the order in which they came
      leave(place);
    }
  };
  const turnSecond = (nowMs: number): void => {
    const second = Math.floor(nowMs / 1_000);
    if (second === pace.second) return;
    pace.before = second === pace.second + 1 ? pace.joined : 0;
    pace.second = second;
    pace.joined = 0;
  };
  const joinsPerSecond = (isSecure: boolean): number =>
    pace.before > 0
      ? Math.max(MIN_JOINS_PER_S, pace.before)
      : isSecure
        ? EXPECTED_TLS_JOINS_PER_S
        : EXPECTED_JOINS_PER_S;

  const later = (nowMs: number, isSecure: boolean): Admitted => {
    putOff += 1;
    turnSecond(nowMs);
    const next =
      Math.max(lastMomentMs, nowMs + MIN_COME_AGAIN_MS) + 1_000 / joinsPerSecond(isSecure);
    lastMomentMs = Math.min(next, nowMs + MAX_COME_AGAIN_MS);
    return { kind: "later", afterMs: lastMomentMs - nowMs };
  };

  return {
    ask(address, isSecure = false) {
      const nowMs = monotonicMs();
      dropDawdlers(nowMs);
      const own = ofAddress.get(address) ?? 0;
      if (held.size >= MAX_JOINS_UNDER_WAY || own >= MAX_JOINS_OF_ADDRESS)
        return later(nowMs, isSecure);
      const place: Held = { address, sinceMs: nowMs };
      held.add(place);
      ofAddress.set(address, own + 1);
      return {
        kind: "place",
        place: {
          leave: () => leave(place),
          joined() {
            leave(place);
            const joinedMs = monotonicMs();
            turnSecond(joinedMs);
            pace.joined += 1;
            return joinedMs - place.sinceMs;
          },
        },
      };
    },
    counts() {
      const nowMs = monotonicMs();
      dropDawdlers(nowMs);
      return { underWay: held.size, putOff, comeAgainMs: Math.max(0, lastMomentMs - nowMs) };
    },
  };
};
