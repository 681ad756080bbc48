// What the board's owner lets be reached through it: a list of endpoints in the agent's own settings, which no cloud can change.
// Pure: names are resolved by who dials, and what they resolve to is asked about here once more.
import { BlockList, isIP } from "node:net";
import { fail } from "@s4t/contract";

/** Most entries of the list: it is told with what the board is. */
export const MAX_ALLOWED = 64;

/** What is allowed where nothing is said: what listens on this board alone. */
export const defaultAllowed: readonly string[] = ["loopback:*"];

interface Rule {
  /** Lower-case name; undefined where the rule is about addresses. */
  readonly name: string | undefined;
  /** Whether it takes any name and any address. */
  readonly isAny: boolean;
  readonly addresses: BlockList;
  /** Undefined: any. */
  readonly port: number | undefined;
}

/** The owner's list. */
export interface Allowed {
  /** As it was written, for people. */
  readonly texts: readonly string[];
  /** Why the endpoint may not be reached, or undefined. A name is judged as it is written. */
  refusalOf(host: string, port: number): string | undefined;
  /** Why an address that the host resolved to may not be dialled, or undefined. */
  addressRefusalOf(host: string, address: string, port: number): string | undefined;
}

const loopbacks = (list: BlockList): void => {
  list.addSubnet("127.0.0.0", 8, "ipv4");
  list.addAddress("::1", "ipv6");
};

/** Ranges that a name on the Internet has no business to resolve to: rebinding would lead into the board or its own network. */
const inner = new BlockList();
loopbacks(inner);
for (const [range, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const)
  inner.addSubnet(range, bits, "ipv4");
for (const [range, bits] of [
  ["::", 128],
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  inner.addSubnet(range, bits, "ipv6");

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** An IPv4 address in the clothes of IPv6 is that IPv4 address; an IPv6 address is written in one way. */
const plainAddress = (address: string): string => {
  if (isIP(address) !== 6) return address;
  const one = new URL(`http://[${address.replace(/%.*/, "")}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(one);
  if (!mapped) return one;
  const [high, low] = [mapped[1], mapped[2]].map((part) => Number.parseInt(part ?? "", 16));
  return [high, low].flatMap((word = 0) => [word >> 8, word & 255]).join(".");
};

const refuse = (text: string, because: string) =>
  fail("config.invalid", { setting: "allow", because: `${because}: “${text}”` });

const parsePort = (text: string, whole: string): number | undefined => {
  if (text === "*") return undefined;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw refuse(whole, "the port must be a number from 1 to 65535, or *");
  return port;
};

const parseRange = (host: string, whole: string): BlockList | undefined => {
  const [address = "", bits, ...more] = host.split("/");
  const family = isIP(address);
  if (family === 0) {
    if (bits !== undefined) throw refuse(whole, "a range needs an address in front of the /");
    return undefined;
  }
  const list = new BlockList();
  const most = family === 6 ? 128 : 32;
  const length = bits === undefined ? most : Number(bits);
  if (more.length > 0 || !/^\d{1,3}$/.test(bits ?? "0") || length > most)
    throw refuse(whole, `the length of the range must be from 0 to ${most}`);
  list.addSubnet(address, length, familyOf(address));
  return list;
};

const parseRule = (text: string): Rule => {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):([^:]+)$/.exec(text);
  if (!parts) throw refuse(text, "must be HOST:PORT, an IPv6 address in brackets");
  const host = (parts[1] ?? parts[2] ?? "").toLowerCase();
  const port = parsePort(parts[3] ?? "", text);
  const none = new BlockList();
  if (host === "*") return { name: undefined, isAny: true, addresses: none, port };
  if (host === "loopback") {
    loopbacks(none);
    return { name: undefined, isAny: false, addresses: none, port };
  }
  const range = parseRange(host, text);
  if (range) return { name: undefined, isAny: false, addresses: range, port };
  if (!/^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/.test(host))
    throw refuse(text, "the host must be a name, an address, a range, loopback or *");
  return { name: host, isAny: false, addresses: none, port };
};

/** Reads the list. Throws `config.invalid`. */
export const parseAllowed = (texts: readonly string[]): Allowed => {
  const none = texts.length === 1 && texts[0] === "none";
  const kept = none ? [] : texts;
  if (kept.length > MAX_ALLOWED)
    throw fail("config.invalid", { setting: "allow", because: `takes ${MAX_ALLOWED} at most` });
  const rules = kept.map(parseRule);
  const atPort = (port: number): Rule[] =>
    rules.filter((rule) => rule.port === undefined || rule.port === port);
  const isListed = (address: string, port: number): boolean => {
    const plain = plainAddress(address);
    return atPort(port).some(
      ({ isAny, addresses }) => isAny || addresses.check(plain, familyOf(plain)),
    );
  };
  const isNamed = (host: string, port: number): boolean =>
    atPort(port).some(({ isAny, name }) => isAny || name === host.toLowerCase());
  const flag = (host: string, port: number): string =>
    `--allow ${host.includes(":") ? `[${host}]` : host}:${port}`;
  const refusalOf = (host: string, port: number): string | undefined => {
    if (isIP(host) !== 0)
      return isListed(host, port)
        ? undefined
        : `its owner does not allow it (the agent's ${flag(host, port)} would)`;
    const isLocal = host.toLowerCase() === "localhost";
    if (isNamed(host, port) || (isLocal && isListed("127.0.0.1", port))) return undefined;
    return `its owner does not allow it (the agent's ${flag(host, port)} would)`;
  };
  return {
    texts: kept,
    refusalOf,
    addressRefusalOf(host, address, port) {
      const refusal = refusalOf(host, port);
      if (refusal !== undefined) return refusal;
      if (isListed(address, port)) return undefined;
      const plain = plainAddress(address);
      if (isNamed(host, port) && !inner.check(plain, familyOf(plain))) return undefined;
      return `${host} is ${plain} there, which its owner does not allow (the agent's ${flag(plain, port)} would)`;
    },
  };
};
