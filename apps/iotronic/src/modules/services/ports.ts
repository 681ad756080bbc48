// Which public port an exposure gets: its own of before, else one that nobody had, else the one that rests the longest. A port
// rests before somebody else gets it: clients of its last holder may still come.
import { fail } from "@s4t/contract";
import type { PortRow } from "./store.ts";

/** How long a port that was given back is kept for whom it was of. */
export const PORT_REST_MS = 600_000;

/** Whose port it is to be. */
export interface Holder {
  readonly board: string;
  readonly service: string;
}

const isOf = (row: PortRow, { board, service }: Holder): boolean =>
  row.board_id === board && row.service_id === service;

/** Throws `port.outside`, and `port.taken` for a port that is another's or rests. */
export const requireFreePort = (
  port: number,
  holder: Holder,
  leases: readonly PortRow[],
  [first, last]: readonly [number, number],
  now: number,
): void => {
  if (port < first || port > last) throw fail("port.outside", { port, first, last });
  const lease = leases.find((row) => row.port === port);
  if (!lease || isOf(lease, holder)) return;
  if (lease.released_at === null)
    throw fail("port.taken", { port, because: "another exposure has it" });
  if (lease.released_at + PORT_REST_MS > now)
    throw fail("port.taken", { port, because: "it was given back a moment ago and rests" });
};

/** Ports to try, the best first. Throws `port.exhausted` where there is none. */
export const portsToTry = (
  holder: Holder,
  leases: readonly PortRow[],
  [first, last]: readonly [number, number],
  now: number,
  random: () => number,
): number[] => {
  const inRange = leases.filter(({ port }) => port >= first && port <= last);
  const known = new Set(inRange.map(({ port }) => port));
  const own = inRange.filter((row) => isOf(row, holder) && row.released_at !== null);
  const fresh: number[] = [];
  for (let port = first; port <= last; port += 1) if (!known.has(port)) fresh.push(port);
  // From a place that chance chooses: the next port is not to be guessed from the last.
  const start = Math.floor(random() * fresh.length);
  const rested = inRange
    .filter((row) => row.released_at !== null && row.released_at + PORT_REST_MS <= now)
    .sort((a, b) => Number(a.released_at) - Number(b.released_at));
  const ports = [
    ...own.map(({ port }) => port),
    ...fresh.slice(start),
    ...fresh.slice(0, start),
    ...rested.filter((row) => !isOf(row, holder)).map(({ port }) => port),
  ];
  if (ports.length === 0) throw fail("port.exhausted", { first, last });
  return ports;
};
