import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { certifiedNames, keepNames, MAX_CERTIFIED_NAMES, publicUrl } from "./names.ts";

const on = (address: string, internal = false) =>
  ({
    address,
    internal,
    family: address.includes(":") ? "IPv6" : "IPv4",
  }) as unknown as NetworkInterfaceInfo;
const machine = {
  hostname: "city",
  interfaces: {
    lo: [on("127.0.0.1", true), on("::1", true)],
    eth0: [on("fe80::1"), on("2001:db8::7"), on("10.0.0.7")],
    wifi: [on("192.168.1.9")],
  },
};

describe("names of a cloud", () => {
  it.each([
    ["10.0.0.7", null, "https://10.0.0.7:8812", ["10.0.0.7"]],
    ["2001:db8::7", null, "https://[2001:db8::7]:8812", ["2001:db8::7"]],
    ["city.example", null, "https://city.example:8812", ["city.example"]],
    ["0.0.0.0", null, "https://10.0.0.7:8812", ["10.0.0.7", "192.168.1.9", "2001:db8::7"]],
    [
      "10.0.0.7",
      "https://boards.example.org",
      "https://boards.example.org",
      ["boards.example.org", "10.0.0.7"],
    ],
  ])("listening on %s, told %s", (listen, address, url, names) => {
    expect(publicUrl({ listen, address }, machine, 8812)).toBe(url);
    expect(certifiedNames({ listen, address }, machine)).toEqual([
      ...names,
      "city",
      "localhost",
      "127.0.0.1",
    ]);
  });
  it("stay vouched for while their cable is out, the oldest given up where they are too many", () => {
    const out = { ...machine, interfaces: { lo: machine.interfaces.lo } };
    const at = { listen: "0.0.0.0", address: null };
    const before = certifiedNames(at, machine);
    const kept = keepNames(before, certifiedNames(at, out));
    expect([...kept].sort()).toEqual([...before].sort());
    let names: readonly string[] = [];
    for (let day = 0; day < 100; day += 1) names = keepNames(names, [`10.0.0.${day}`, "city"]);
    expect(names.slice(0, 3)).toEqual(["10.0.0.99", "city", "10.0.0.98"]);
    expect(names).toHaveLength(MAX_CERTIFIED_NAMES);
  });
  it("are all vouched for while they are present, however many; only what is gone is given up for them", () => {
    const present = Array.from({ length: 40 }, (_, i) => `10.0.0.${i}`);
    expect(keepNames(["10.9.9.9"], [...present, "10.0.0.0"])).toEqual(present);
    expect(keepNames(present, ["city"])).toHaveLength(MAX_CERTIFIED_NAMES);
  });
  it("of a machine without a network are its own name", () => {
    const alone = { hostname: "city", interfaces: { lo: machine.interfaces.lo } };
    expect(publicUrl({ listen: "::", address: null }, alone, 8812)).toBe("https://city:8812");
  });
});
