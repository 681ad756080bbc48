// Who may come to a public door: addresses and CIDR ranges, checked when they are said, compiled when they are used.
import { BlockList, isIP } from "node:net";
import { fail } from "@s4t/contract";

/** An IPv4 address that came as IPv6 (RFC 4291, 2.5.5.2) is the IPv4 address. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");

const familyOf = (address: string): "ipv4" | "ipv6" | undefined => {
  const version = isIP(address);
  return version === 4 ? "ipv4" : version === 6 ? "ipv6" : undefined;
};

/** Throws `request.invalid` for what is no address and no range. */
export const requireSource = (source: string): void => {
  const [address = "", bits, ...more] = source.split("/");
  const family = familyOf(address);
  const most = family === "ipv4" ? 32 : 128;
  const isRange = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  if (family === undefined || !isRange || more.length > 0)
    throw fail("request.invalid", {
      where: "body/sources",
      because: `${source} is neither an address nor a range such as 192.0.2.0/24`,
    });
};

/** Shortest prefix of a range that names somebody: a shorter one is a large part of the internet, or all of it. */
const SHORTEST_PREFIX = { ipv4: 8, ipv6: 16 } as const;

/** Whether the sources leave anybody out to speak of: none do not, nor does a range such as 0.0.0.0/0. */
export const isOpenToAll = (sources: readonly string[]): boolean =>
  sources.length === 0 ||
  sources.some((source) => {
    const [address = "", bits] = source.split("/");
    const family = familyOf(address);
    return family !== undefined && bits !== undefined && Number(bits) < SHORTEST_PREFIX[family];
  });

/** Whether an address is one of the sources; of none, everybody is. */
export const createSourceCheck = (sources: readonly string[]): ((address: string) => boolean) => {
  if (sources.length === 0) return () => true;
  const list = new BlockList();
  for (const source of sources) {
    const [address = "", bits] = source.split("/");
    const family = familyOf(address);
    if (family === undefined) continue;
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (from) => {
    const address = plainAddress(from);
    const family = familyOf(address);
    return family !== undefined && list.check(address, family);
  };
};
