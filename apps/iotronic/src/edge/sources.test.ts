import { describe, expect, it } from "vitest";
import { createSourceCheck, requireSource } from "./sources.ts";

describe("sources", () => {
  it("are addresses and ranges, and nothing else", () => {
    for (const good of ["192.0.2.1", "192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "::1"])
      expect(() => requireSource(good), good).not.toThrow();
    for (const bad of [
      "",
      "localhost",
      "192.0.2.0/33",
      "192.0.2.0/-1",
      "1.2.3/8",
      "::/129",
      "::1/64/2",
      "*",
    ])
      expect(() => requireSource(bad), bad).toThrow();
  });

  it("let in who is one of them, in whatever form the address comes", () => {
    const isSource = createSourceCheck(["192.0.2.0/24", "2001:db8::1"]);
    for (const near of ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"])
      expect(isSource(near), near).toBe(true);
    for (const far of ["192.0.3.7", "::ffff:10.0.0.1", "2001:db8::2", "", "nonsense"])
      expect(isSource(far), far).toBe(false);
  });

  it("of none is everybody", () => {
    expect(createSourceCheck([])("203.0.113.9")).toBe(true);
  });
});
