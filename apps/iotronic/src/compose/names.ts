// By which names and addresses this cloud is reached from other machines: pure, of what the machine is and what was set.

import { isIPv6 } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";
import { isWildcard } from "../http/listeners.ts";

export interface MachineNames {
  readonly hostname: string;
  /** As `os.networkInterfaces()` answers. */
  readonly interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;
}

export interface ServedAt {
  /** The setting `listen`. */
  readonly listen: string;
  /** The setting `address`: what others are told, where it is not an address of this machine. */
  readonly address: string | null;
}

/** Addresses of this machine that others can use: none of loopback, none of one link only. */
export const outerAddresses = ({ interfaces }: MachineNames): readonly string[] =>
  Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !address.toLowerCase().startsWith("fe80:"))
    .sort((a, b) => Number(a.family === "IPv6") - Number(b.family === "IPv6"))
    .map(({ address }) => address);

const bracketed = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

/** Address that boards and people are told. */
export const publicUrl = (at: ServedAt, machine: MachineNames, port: number): string => {
  if (at.address !== null) return at.address;
  const host = isWildcard(at.listen) ? (outerAddresses(machine)[0] ?? machine.hostname) : at.listen;
  return `https://${bracketed(host)}:${port}`;
};

/** Everything that the certificate shall vouch for. */
export const certifiedNames = (at: ServedAt, machine: MachineNames): readonly string[] => {
  const told = at.address === null ? [] : [new URL(at.address).hostname.replace(/^\[|\]$/g, "")];
  const own = isWildcard(at.listen) ? outerAddresses(machine) : [at.listen];
  const names = [...told, ...own, machine.hostname, "localhost", "127.0.0.1"];
  return [...new Set(names.filter((name) => name !== ""))];
};

/**
 * Most names that a certificate keeps vouching for, where those that are present are fewer: a machine that is given another address
 * each day does not gather them all.
 */
export const MAX_CERTIFIED_NAMES = 32;

/**
 * What was vouched for with what is to be from now on, the present first. An address that is gone comes back more often than not (a
 * cable that was out, a network that started anew), and with it boards that must not wait for another certificate.
 */
export const keepNames = (
  before: readonly string[],
  present: readonly string[],
): readonly string[] => {
  const most = Math.max(MAX_CERTIFIED_NAMES, new Set(present).size);
  return [...new Set([...present, ...before])].slice(0, most);
};
