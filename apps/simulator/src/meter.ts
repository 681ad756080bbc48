// What is counted of a simulation: who is connected, and how long it took those that dropped to be back.
import { type DropKind, dropKinds, type SimulationProgress } from "@s4t/contract";
import { type Clock, createSpread } from "@s4t/kit";

/** One board's meter. */
export interface BoardMeter {
  /** It may connect for the first time. */
  starts(): void;
  joined(): void;
  lost(): void;
  dropped(kind: DropKind): void;
  /** After a drop: from now on it could be back. */
  mayReturn(): void;
  /** It was refused for good. */
  ended(): void;
}

export interface Meter {
  ofBoard(): BoardMeter;
  progress(): SimulationProgress;
}

const ofEach = <T>(make: (kind: DropKind) => T): Record<DropKind, T> =>
  Object.fromEntries(dropKinds.map((kind) => [kind, make(kind)])) as Record<DropKind, T>;

/** Makes a meter of nothing yet. */
export const createMeter = (clock: Clock): Meter => {
  const firstJoin = createSpread();
  const back = ofEach(() => createSpread());
  const drops = ofEach(() => 0);
  const tally = { boards: 0, connected: 0, ended: 0, joins: 0 };
  return {
    ofBoard() {
      tally.boards += 1;
      let isConnected = false;
      let first: number | undefined;
      let away: { readonly kind: DropKind; fromMs?: number } | undefined;
      const lost = (): void => {
        if (isConnected) tally.connected -= 1;
        isConnected = false;
      };
      return {
        lost,
        starts() {
          first ??= clock.monotonicMs();
        },
        joined() {
          const now = clock.monotonicMs();
          tally.joins += 1;
          if (!isConnected) tally.connected += 1;
          isConnected = true;
          if (first !== undefined && first >= 0) firstJoin.add(now - first);
          first = -1;
          if (away?.fromMs !== undefined) back[away.kind].add(now - away.fromMs);
          away = undefined;
        },
        dropped(kind) {
          drops[kind] += 1;
          away = { kind };
        },
        mayReturn() {
          if (away) away.fromMs ??= clock.monotonicMs();
        },
        ended() {
          lost();
          tally.ended += 1;
        },
      };
    },
    progress: () => ({
      ...tally,
      firstJoin: firstJoin.figures(),
      drops: { ...drops },
      back: ofEach((kind) => back[kind].figures()),
    }),
  };
};
