import { expect, it } from "vitest";
import { keyOf, lock, unlock } from "./locked.ts";

const key = keyOf("a secret of many random bits", "somebody", "a test");

it("opens for the same secret, the same owner and what it belongs to, and for nothing else", () => {
  const locked = lock(key, "row 1", "what was said");
  expect(unlock(key, "row 1", locked).toString()).toBe("what was said");
  expect(locked).not.toContain("what was said");
  expect(() => unlock(key, "row 2", locked)).toThrow();
  for (const other of [
    keyOf("another secret of many random bits", "somebody", "a test"),
    keyOf("a secret of many random bits", "somebody else", "a test"),
    keyOf("a secret of many random bits", "somebody", "another test"),
  ])
    expect(() => unlock(other, "row 1", locked)).toThrow();
});

it("does not open when any byte is another", () => {
  const locked = Buffer.from(lock(key, "row", "text"), "base64");
  for (let i = 0; i < locked.length; i += 1) {
    const changed = Buffer.from(locked);
    changed[i] = (changed[i] ?? 0) ^ 1;
    expect(() => unlock(key, "row", changed.toString("base64"))).toThrow();
  }
});

it("is another text each time", () => {
  expect(lock(key, "row", "text")).not.toBe(lock(key, "row", "text"));
});
