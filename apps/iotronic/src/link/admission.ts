// Who may begin to join now, and when the others shall come again. A join costs a signature, a commit and for a moment a place in
// both queues; ten thousand boards that lost the same cloud must not all stand in them. Whoever is put off is told a moment of its
// own: moments are given out as far apart as joins are finished while boards wait for a place. Synchronous; it knows no socket.
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
 * Joins a second while nobody waited of late: somewhat more than two cores take that the boards share, since who comes too early costs
 * less than a core that waits.
 */
export const EXPECTED_JOINS_PER_S = 1_000;
/** The same over TLS, where who comes too early has made a handshake for nothing. */
export const EXPECTED_TLS_JOINS_PER_S = 250;
/** Fewer are not expected, however slow it was. */
export const MIN_JOINS_PER_S = 100;
/**
 * Of what was expected so much is expected still after a second that saw fewer. A second's joins say how fast they can be where it had
 * nothing else to do; in the first of a storm most of it goes to those who are put off.
 */
const KEPT_EXPECTATION = 0.8;
/** More than a second saw is tried in the next. */
const PROBED_EXPECTATION = 1.1;

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

/** How fast joins can be expected to be finished. */
interface Pace {
  joined(nowMs: number): void;
  /** Somebody finds no place: answers how many joins a second can be expected. */
  putOff(nowMs: number): number;
}

const createPace = (expected: number): Pace => {
  let second = 0;
  let joined = 0;
  let wasFull = false;
  let perSecond = expected;
  const turn = (nowMs: number): void => {
    const now = Math.floor(nowMs / 1_000);
    if (now === second) return;
    perSecond =
      wasFull && now === second + 1
        ? Math.max(MIN_JOINS_PER_S, KEPT_EXPECTATION * perSecond, PROBED_EXPECTATION * joined)
        : expected;
    second = now;
    joined = 0;
    wasFull = false;
  };
  return {
    joined(nowMs) {
      turn(nowMs);
      joined += 1;
    },
    putOff(nowMs) {
      turn(nowMs);
      wasFull = true;
      return perSecond;
    },
  };
};

/** Makes one, empty. */
export const createAdmission = ({ monotonicMs }: Pick<Clock, "monotonicMs">): Admission => {
  const held = new Set<Held>();
  const ofAddress = new Map<string, number>();
  const paces = {
    plain: createPace(EXPECTED_JOINS_PER_S),
    secure: createPace(EXPECTED_TLS_JOINS_PER_S),
  };
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
  const later = (nowMs: number, isSecure: boolean): Admitted => {
    putOff += 1;
    const perSecond = paces[isSecure ? "secure" : "plain"].putOff(nowMs);
    const next = Math.max(lastMomentMs, nowMs + MIN_COME_AGAIN_MS) + 1_000 / perSecond;
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
            paces[isSecure ? "secure" : "plain"].joined(joinedMs);
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
