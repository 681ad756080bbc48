import { isS4tError } from "@s4t/kit";
import { describe, expect, it } from "vitest";
import { PORT_REST_MS, portsToTry, requireFreePort } from "./ports.ts";
import type { PortRow } from "./store.ts";

const holder = { board: "b", service: "s" };
const now = 10_000_000;
const lease = (port: number, of: string, released_at: number | null): PortRow => ({
  port,
  project_id: "p",
  board_id: of,
  service_id: "s",
  released_at,
});
const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return isS4tError(error) ? error.code : "other";
  }
};

describe("a public port", () => {
  it("is the one of before, then one that nobody had, then the one that rested longest", () => {
    const leases = [
      lease(100, "other", now - PORT_REST_MS - 5),
      lease(101, "other", now - PORT_REST_MS - 9),
      lease(102, "b", now - 1),
      lease(103, "other", null),
      lease(104, "other", now - 1),
    ];
    expect(portsToTry(holder, leases, [100, 106], now, () => 0.9)).toEqual([
      102, 106, 105, 101, 100,
    ]);
  });

  it("that is asked for is not taken from who has it, nor while it rests", () => {
    const leases = [
      lease(100, "other", null),
      lease(101, "other", now - 1),
      lease(102, "b", now - 1),
    ];
    const ask = (port: number) =>
      codeOf(() => requireFreePort(port, holder, leases, [100, 110], now));
    expect([ask(99), ask(100), ask(101), ask(102), ask(103)]).toEqual([
      "port.outside",
      "port.taken",
      "port.taken",
      undefined,
      undefined,
    ]);
    expect(
      codeOf(() => requireFreePort(101, holder, leases, [100, 110], now + PORT_REST_MS)),
    ).toBeUndefined();
  });

  it("is refused in words when there is none left", () => {
    const leases = [lease(100, "other", null), lease(101, "other", now)];
    expect(codeOf(() => portsToTry(holder, leases, [100, 101], now, Math.random))).toBe(
      "port.exhausted",
    );
  });
});
