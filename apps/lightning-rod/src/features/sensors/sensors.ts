// The board's own sensors: stored at a slow pace always, told at a quick one while somebody watches.
import { defaultSettings, type ReportRow, sensors, type TargetSettings } from "@s4t/contract";
import type { Clock, Timer } from "@s4t/kit";
import type { Platform } from "../../platform/platform.ts";
import { type Dispatch, dispatchOf } from "../feature.ts";

type Points = Extract<ReportRow, { kind: "points" }>;

export interface SensorsOptions {
  readonly platform: Platform;
  readonly clock: Clock;
  /** Keeps a row until the cloud has it. */
  readonly store: (row: ReportRow) => void;
  /** Tells a row now, or never. */
  readonly tell: (row: Points) => void;
}

export interface Sensors {
  readonly dispatch: Dispatch;
  /** Settings of the target; the defaults until it says otherwise. */
  configure(settings: TargetSettings["sensors"]): void;
  /** What is measured: told at each join. */
  describe(): Extract<ReportRow, { kind: "series" }>;
  start(): void;
  stop(): void;
}

/** Makes the feature. */
export const createSensors = ({ platform, clock, store, tell }: SensorsOptions): Sensors => {
  let settings = defaultSettings.sensors;
  let running = false;
  let storing: Timer | undefined;
  let telling: Timer | undefined;
  let leaseEndsMs = 0;

  const measure = (): Points => ({
    kind: "points",
    atMs: clock.now(),
    monotonicMs: platform.uptimeMs(),
    values: { ...platform.measure() },
  });

  const scheduleStoring = (delayMs: number): void => {
    storing?.cancel();
    if (!running || !settings.enabled) return;
    storing = clock.after(delayMs, () => {
      store(measure());
      scheduleStoring(settings.storeEveryS * 1_000);
    });
  };

  const scheduleTelling = (everyMs: number): void => {
    telling?.cancel();
    telling = clock.after(everyMs, () => {
      if (clock.monotonicMs() >= leaseEndsMs || !settings.enabled) return;
      tell({ ...measure(), live: true });
      scheduleTelling(everyMs);
    });
  };

  const describe = (): Extract<ReportRow, { kind: "series" }> => ({
    kind: "series",
    series: Object.fromEntries(
      Object.entries(platform.series()).map(([name, unit]) => [
        name,
        { unit, periodS: settings.storeEveryS },
      ]),
    ),
  });

  return {
    dispatch: dispatchOf(sensors, {
      live: ({ everyS, leaseS }) => {
        leaseEndsMs = clock.monotonicMs() + leaseS * 1_000;
        if (leaseS === 0) telling?.cancel();
        else {
          tell({ ...measure(), live: true });
          scheduleTelling(everyS * 1_000);
        }
        return { everyS };
      },
    }),
    configure(next) {
      const changed =
        next.storeEveryS !== settings.storeEveryS || next.enabled !== settings.enabled;
      settings = next;
      if (!changed) return;
      store(describe());
      scheduleStoring(settings.storeEveryS * 1_000);
    },
    describe,
    start() {
      running = true;
      // The first values soon: a new board should not look empty for a minute.
      scheduleStoring(1_000);
    },
    stop() {
      running = false;
      storing?.cancel();
      telling?.cancel();
    },
  };
};
