import { isS4tError } from "@s4t/kit";
import { describe, expect, it } from "vitest";
import { defaultAllowed, parseAllowed } from "./allowed.ts";

const may = (texts: readonly string[], host: string, port: number): boolean =>
  parseAllowed(texts).refusalOf(host, port) === undefined;
const mayAt = (texts: readonly string[], host: string, address: string, port: number): boolean =>
  parseAllowed(texts).addressRefusalOf(host, address, port) === undefined;

describe("what a board's owner allows", () => {
  it.each([
    [defaultAllowed, "127.0.0.1", 80, true],
    [defaultAllowed, "127.9.9.9", 1, true],
    [defaultAllowed, "::1", 80, true],
    [defaultAllowed, "localhost", 80, true],
    [defaultAllowed, "0.0.0.0", 80, false],
    [defaultAllowed, "192.168.1.5", 80, false],
    [defaultAllowed, "::ffff:127.0.0.1", 80, true],
    [defaultAllowed, "::ffff:192.168.1.5", 80, false],
    [defaultAllowed, "example.org", 80, false],
    [["none"], "127.0.0.1", 80, false],
    [["none"], "localhost", 80, false],
    [["192.168.1.0/24:502"], "192.168.1.77", 502, true],
    [["192.168.1.0/24:502"], "192.168.1.77", 503, false],
    [["192.168.1.0/24:502"], "192.168.2.1", 502, false],
    [["192.168.1.0/24:502"], "127.0.0.1", 502, false],
    [["[fd00::/8]:*"], "fd12::1", 22, true],
    [["[fd00::/8]:*"], "fe80::1", 22, false],
    [["[::1]:*"], "0:0:0:0:0:0:0:1", 22, true],
    [["*:22"], "anything.example", 22, true],
    [["*:22"], "10.0.0.1", 22, true],
    [["*:22"], "10.0.0.1", 23, false],
    [["PLC.example:502"], "plc.example", 502, true],
    [["plc.example:502"], "notplc.example", 502, false],
    // What a resolver would take for an address is a name here, and names have to be written down.
    [defaultAllowed, "2130706433", 80, false],
    [defaultAllowed, "127.1", 80, false],
  ])("%j lets %s:%i be reached: %s", (texts, host, port, expected) => {
    expect(may(texts, host, port)).toBe(expected);
  });

  it("does not follow a name into the board or its own network", () => {
    const named = ["db.example:5432"];
    for (const address of [
      "127.0.0.1",
      "10.1.2.3",
      "169.254.169.254",
      "192.168.1.1",
      "0.0.0.0",
      "::1",
      "fe80::1",
      "::ffff:127.0.0.1",
      "fd00::1",
    ])
      expect([address, mayAt(named, "db.example", address, 5432)]).toEqual([address, false]);
    expect(mayAt(named, "db.example", "93.184.216.34", 5432)).toBe(true);
    expect(mayAt([...named, "10.1.2.3:5432"], "db.example", "10.1.2.3", 5432)).toBe(true);
    expect(mayAt(["*:5432"], "db.example", "10.1.2.3", 5432)).toBe(true);
    expect(mayAt(defaultAllowed, "localhost", "127.0.0.1", 80)).toBe(true);
    expect(mayAt(defaultAllowed, "localhost", "192.168.1.1", 80)).toBe(false);
    expect(mayAt(["10.1.2.3:*"], "db.example", "10.1.2.3", 5432)).toBe(false);
  });

  it.each([
    "192.168.1.1",
    "host:0",
    "host:99999",
    "host:http",
    "::1:22",
    "1.2.3.4/33:22",
    "host/24:22",
    "a b:22",
    "none:x",
    "",
  ])("refuses “%s” as a rule", (text) => {
    try {
      parseAllowed([text]);
      expect.unreachable();
    } catch (error) {
      expect(isS4tError(error, "config.invalid")).toBe(true);
    }
  });
});
