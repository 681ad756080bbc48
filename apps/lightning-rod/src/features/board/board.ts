// What every board can: a sign of life, what it is, restarting its agent, rebooting its machine where its owner allowed it.
import { type BoardInfo, board, fail, RELEASE } from "@s4t/contract";
import type { Clock, Log } from "@s4t/kit";
import type { Platform } from "../../platform/platform.ts";
import { type Dispatch, dispatchOf } from "../feature.ts";

/** How soon an agent is back after a restart, as it tells. */
export const RESTART_BACK_WITHIN_S = 30;
/** How soon a machine is back after a reboot, as it tells. */
export const REBOOT_BACK_WITHIN_S = 300;
/** What is answered before the agent ends must have left the socket by then. */
export const GOING_DELAY_MS = 150;

export interface BoardFeatureOptions {
  readonly platform: Platform;
  readonly clock: Clock;
  readonly log: Log;
  /** Argument array that reboots this machine; null: nobody allowed it. */
  readonly rebootCommand: readonly string[] | null;
  /** Ends the agent so that it starts again. */
  readonly restart: () => void;
  readonly startedAtMs: number;
  /** What other features say of the board. */
  readonly more: () => Partial<BoardInfo>;
}

/** What the board says of itself. */
export const infoOf = ({
  platform,
  rebootCommand,
  startedAtMs,
  more,
}: BoardFeatureOptions): BoardInfo => ({
  ...platform.describe(),
  agentVersion: RELEASE,
  agentStartedAtMs: startedAtMs,
  clockSynchronised: platform.isClockSynchronised(),
  canReboot: rebootCommand !== null,
  ...more(),
});

/** Makes the feature. */
export const createBoardFeature = (options: BoardFeatureOptions): Dispatch => {
  const { clock, log, platform, rebootCommand, restart } = options;
  return dispatchOf(board, {
    ping: ({ payload }) => ({ atMs: clock.now(), ...(payload === undefined ? {} : { payload }) }),
    info: () => infoOf(options),
    restart: () => {
      clock.after(GOING_DELAY_MS, restart);
      return { backWithinS: RESTART_BACK_WITHIN_S };
    },
    reboot: () => {
      if (!rebootCommand) throw fail("board.power-disabled");
      const reboot = platform.prepareReboot(rebootCommand);
      // After the answer has left: some machines are down before their command returns.
      clock.after(GOING_DELAY_MS, () => {
        void reboot().then((because) => {
          if (because !== undefined) log.error("The machine does not reboot", { because });
        });
      });
      return { backWithinS: REBOOT_BACK_WITHIN_S };
    },
  });
};
