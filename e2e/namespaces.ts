// Two machines and a wire between them, with somebody who can sit on the wire: three network namespaces of this test.
//
//   board 10.77.0.2 ── 10.77.0.1 middle 10.78.0.2 ── 10.78.0.1 and 10.78.0.3 cloud
//
// The middle forwards packets as a router does. Once it takes the cloud's address for its own, what a board sends to the cloud
// ends there, and it speaks to the cloud by the cloud's other address.
import { execFileSync } from "node:child_process";

const ip = (...args: readonly string[]): void => {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
};

export const cloudAddress = "10.78.0.1";
export const otherCloudAddress = "10.78.0.3";

export interface Wire {
  /** What to put before a command so that it runs on that machine. */
  readonly on: (machine: "board" | "middle" | "cloud") => readonly string[];
  /** From now on the middle answers for the cloud's address. */
  hijack(): void;
  release(): void;
  /** Cuts the wire to the cloud, or joins it again. */
  cut(isCut: boolean): void;
  remove(): void;
}

/** Makes them; needs root. */
export const layWire = (): Wire => {
  const tag = `s4t${process.pid}`;
  const of = (machine: string) => `${tag}-${machine}`;
  const within = (machine: string, ...args: readonly string[]) =>
    ip("netns", "exec", of(machine), ...args);
  const machines = ["board", "middle", "cloud"] as const;
  const remove = (): void => {
    for (const machine of machines)
      try {
        ip("netns", "del", of(machine));
      } catch {
        // it was not made
      }
  };
  const join = (a: string, aWire: string, b: string, bWire: string): void => {
    ip("-n", of(a), "link", "add", aWire, "type", "veth", "peer", "name", bWire, "netns", of(b));
    for (const [machine, wire] of [
      [a, aWire],
      [b, bWire],
    ] as const)
      ip("-n", of(machine), "link", "set", wire, "up");
  };
  const address = (machine: string, wire: string, text: string) =>
    ip("-n", of(machine), "address", "add", text, "dev", wire);
  try {
    for (const machine of machines) {
      ip("netns", "add", of(machine));
      ip("-n", of(machine), "link", "set", "lo", "up");
    }
    join("board", "w0", "middle", "w1");
    join("middle", "w2", "cloud", "w3");
    address("board", "w0", "10.77.0.2/24");
    address("middle", "w1", "10.77.0.1/24");
    address("middle", "w2", "10.78.0.2/24");
    address("cloud", "w3", `${cloudAddress}/24`);
    address("cloud", "w3", `${otherCloudAddress}/24`);
    ip("-n", of("board"), "route", "add", "default", "via", "10.77.0.1");
    ip("-n", of("cloud"), "route", "add", "default", "via", "10.78.0.2");
    within("middle", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
  } catch (error) {
    remove();
    throw error;
  }
  return {
    on: (machine) => ["ip", "netns", "exec", of(machine)],
    hijack: () => ip("-n", of("middle"), "address", "add", `${cloudAddress}/32`, "dev", "lo"),
    release: () => ip("-n", of("middle"), "address", "del", `${cloudAddress}/32`, "dev", "lo"),
    cut: (isCut) => ip("-n", of("middle"), "link", "set", "w2", isCut ? "down" : "up"),
    remove,
  };
};
