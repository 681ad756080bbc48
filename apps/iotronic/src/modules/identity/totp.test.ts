import { describe, expect, it } from "vitest";
import { codeAt, stepOf, stepOfCode, toBase32, totpUri } from "./totp.ts";

const secret = Buffer.from("12345678901234567890");

describe("codes of a second factor", () => {
  // RFC 6238, appendix B: the last six of its eight digits.
  it.each([
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_111_111_111, "050471"],
    [1_234_567_890, "005924"],
    [2_000_000_000, "279037"],
    [20_000_000_000, "353130"],
  ])("at second %i are those of the RFC", (atS, code) => {
    expect(codeAt(secret, stepOf(atS * 1_000))).toBe(code);
    expect(stepOfCode(secret, code, atS * 1_000)).toBe(Math.floor(atS / 30));
  });
  it("count a step before and after their own, and no longer", () => {
    const at = 1_111_111_111_000;
    const fits = (steps: number) =>
      stepOfCode(secret, codeAt(secret, stepOf(at) + steps), at) !== undefined;
    expect([-2, -1, 0, 1, 2].map(fits)).toEqual([false, true, true, true, false]);
    expect(stepOfCode(secret, "", at)).toBeUndefined();
  });
});

describe("a secret as apps take it", () => {
  // RFC 4648, section 10, without the padding.
  it.each([
    ["", ""],
    ["f", "MY"],
    ["fo", "MZXQ"],
    ["foo", "MZXW6"],
    ["foob", "MZXW6YQ"],
    ["fooba", "MZXW6YTB"],
    ["foobar", "MZXW6YTBOI"],
  ])("%s is %s", (text, base32) => {
    expect(toBase32(Buffer.from(text))).toBe(base32);
  });
  it("is an address that says whose and of which cloud", () => {
    expect(totpUri("My city", "chiara: x", "ABC")).toBe(
      "otpauth://totp/My%20city:chiara%3A%20x?secret=ABC&issuer=My%20city&algorithm=SHA1&digits=6&period=30",
    );
  });
});
