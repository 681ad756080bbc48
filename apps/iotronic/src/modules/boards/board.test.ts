import type { BoardInfo } from "@s4t/contract";
import { expect, it } from "vitest";
import { infoOf, storedInfo } from "./board.ts";

const said = (uptimeS: number, hostname = "a") => ({ hostname, uptimeS }) as unknown as BoardInfo;
const hour = 3_600_000;
const at = Date.UTC(2027, 0, 1);

it("counts on how long a board has been up while it is there, and no further", () => {
  const info = storedInfo(said(60), null, at);
  const uptimeOf = (connected: 0 | 1) =>
    infoOf({ info, connected, last_seen_at: at + hour }, at + 2 * hour)?.uptimeS;
  expect(uptimeOf(1)).toBe(60 + 7_200);
  expect(uptimeOf(0)).toBe(60 + 3_600);
});

it("takes what a board says at its return for no news, unless it was started anew or says something else", () => {
  const before = storedInfo(said(60), null, at);
  expect(storedInfo(said(60 + 3_601), before, at + hour)).toBe(before);
  expect(storedInfo(said(60), before, at + hour)).not.toBe(before);
  expect(storedInfo(said(60, "b"), before, at)).not.toBe(before);
});

it("counts nothing on for an original agent, which does not say how long its machine has been up", () => {
  const original = { ...said(0), agentKind: "original" } as BoardInfo;
  const info = storedInfo(original, null, at);
  expect(infoOf({ info, connected: 1, last_seen_at: at }, at + hour)).toEqual(original);
});

it("shows what an earlier release kept as that kept it", () => {
  const info = JSON.stringify(said(60));
  expect(infoOf({ info, connected: 1, last_seen_at: at }, at + hour)).toEqual(said(60));
});
