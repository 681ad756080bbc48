import type { BoardId } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import type { ClientSession, SessionInfo } from "@s4t/wamp";
import { expect, it } from "vitest";
import { createManualClock } from "../../../../packages/kit/test/clock.ts";
import type { LinkHost } from "../edge/link.ts";
import { createPresence } from "./presence.ts";
import { Sessions } from "./sessions.ts";

const openSessions = () => {
  const clock = createManualClock();
  const presence = createPresence({} as LinkHost, clock, silentLog);
  const hints: unknown[] = [];
  const cloud = {
    call: (uri: string, options: { readonly args: readonly unknown[] }) => {
      hints.push([uri, ...options.args]);
      return new Promise(() => {});
    },
  } as unknown as ClientSession;
  const sessions = new Sessions({ clock, presence, cloud: () => cloud, onHint() {} });
  const open = (id: number, features: readonly string[] = []) => {
    const principalExtra = { board: `b${id}`, project: "p", name: "b", epoch: 1 };
    sessions.open({ id, principalExtra, connection: {} } as unknown as SessionInfo, {
      ...{ pubkey: "0".repeat(64), contract: 1, version: "0.0.0", features },
    });
    return sessions.of(`b${id}` as BoardId);
  };
  return { sessions, open, hints };
};

it("takes features for those that a board said, whatever blanks are in another's", () => {
  const { open } = openSessions();
  expect(open(1, ["a b"])?.features).toEqual(["a b"]);
  expect(open(2, ["a", "b"])?.features).toEqual(["a", "b"]);
});

it("hints a board of what changed since its target was looked at for its join, once it answers", () => {
  const { sessions, open, hints } = openSessions();
  const board = "b1" as BoardId;
  sessions.retargeted(board, 4); // before it came: it is told with its welcome
  sessions.opening(board);
  sessions.retargeted(board, 5);
  sessions.opening(board); // another join of it crosses: what the first would miss is not forgotten
  open(1);
  expect(hints).toEqual([]);
  sessions.stepSame(board, 1, { kind: "ready" });
  expect(hints).toEqual([["s4t.board.b1.link.hint", { revision: 5 }]]);
});

it("hints no board of what it was told with its welcome", () => {
  const { sessions, open, hints } = openSessions();
  const board = "b1" as BoardId;
  sessions.retargeted(board, 4);
  sessions.opening(board);
  open(1);
  sessions.stepSame(board, 1, { kind: "ready" });
  expect(hints).toEqual([]);
});
