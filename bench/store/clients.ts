// Clients that each ask again as soon as they are answered, and what the loop they live in felt of it.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { quantile } from "../harness/rounds.ts";

export interface Outcome {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly loopDelayP99Ms: number;
  /** The longest that the loop stood: what a board's message waited at most. */
  readonly loopDelayMaxMs: number;
}

/** Runs them for a while; the first part of it does not count. */
export const runClients = async (
  request: (client: number) => Promise<void>,
  { clients, seconds, warmUpSeconds }: { clients: number; seconds: number; warmUpSeconds: number },
): Promise<Outcome> => {
  let ended = false;
  let tookMs: number[] = [];
  const live = async (client: number): Promise<void> => {
    while (!ended) {
      const startedMs = performance.now();
      await request(client);
      tookMs.push(performance.now() - startedMs);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, (_, client) => live(client)));
  await new Promise((resolve) => setTimeout(resolve, warmUpSeconds * 1_000));
  tookMs = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const elapsedMs = performance.now() - startedMs;
  const used = process.cpuUsage(cpu);
  delay.disable();
  ended = true;
  const counted = tookMs;
  tookMs = [];
  await all;
  return {
    perSecond: (counted.length * 1_000) / elapsedMs,
    cpuMicroseconds: (used.user + used.system) / counted.length,
    p50Ms: quantile(counted, 0.5),
    p99Ms: quantile(counted, 0.99),
    loopDelayP99Ms: delay.percentile(99) / 1e6,
    loopDelayMaxMs: delay.max / 1e6,
  };
};
