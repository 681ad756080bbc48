import type { BoardId } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import type { SessionInfo } from "@s4t/wamp";
import { expect, it } from "vitest";
import { createManualClock } from "../../../../packages/kit/test/clock.ts";
import type { LinkHost } from "../edge/link.ts";
import { createPresence } from "./presence.ts";
import { Sessions } from "./sessions.ts";

it("takes features for those that a board said, whatever blanks are in another's", () => {
  const clock = createManualClock();
  const presence = createPresence({} as LinkHost, clock, silentLog);
  const sessions = new Sessions({ clock, presence, cloud: () => undefined, onHint() {} });
  const featuresOf = (id: number, features: readonly string[]) => {
    const principalExtra = { board: `b${id}`, project: "p", name: "b", epoch: 1 };
    sessions.open({ id, principalExtra, connection: {} } as unknown as SessionInfo, {
      ...{ pubkey: "0".repeat(64), contract: 1, version: "0.0.0", features },
    });
    return sessions.of(`b${id}` as BoardId)?.features;
  };
  expect(featuresOf(1, ["a b"])).toEqual(["a b"]);
  expect(featuresOf(2, ["a", "b"])).toEqual(["a", "b"]);
});
