// A machine that does not exist: plausible values that drift, from a seeded source. For demonstrations and load, marked as such.
import type { Clock } from "@s4t/kit";
import type { Measured, Platform } from "../platform.ts";

const models = ["Arancino Mega", "Raspberry Pi 4 Model B", "Arduino YUN", "BeagleBone Black"];
const gib = 1_073_741_824;

export interface SimulatedOptions {
  readonly name: string;
  readonly clock: Clock;
  /** In [0, 1), from the machine's own seed: what the machine is. */
  readonly random: () => number;
  /** In [0, 1): how its values move since this boot. */
  readonly drift: () => number;
  readonly bootId: string;
  /** Takes the machine down; its owner boots it again. */
  readonly onReboot: () => void;
}

/** A {@link Platform} that is made up. */
export const createSimulated = ({
  name,
  clock,
  random,
  drift: chance,
  bootId,
  onReboot,
}: SimulatedOptions): Platform => {
  const startedMs = clock.monotonicMs();
  const memoryBytes = gib * 2 ** Math.floor(random() * 3);
  const model = models[Math.floor(random() * models.length)] ?? "simulated";
  const state = {
    load: random(),
    memory: 0.3 + random() * 0.3,
    temperature: 40 + random() * 10,
    disk: 0.2 + random() * 0.5,
  };
  const drift = (value: number, step: number, low: number, high: number) =>
    Math.min(high, Math.max(low, value + (chance() - 0.5) * step));
  const uptimeMs = () => Math.round(clock.monotonicMs() - startedMs);
  const uptimeS = () => uptimeMs() / 1_000;
  return {
    describe: () => ({
      hostname: name,
      os: "Simulated",
      kernel: "none",
      arch: "simulated",
      model,
      cpus: 4,
      memoryBytes,
      runtime: "simulated",
      bootId,
      uptimeS: Math.round(uptimeS()),
      interfaces: [],
    }),
    uptimeMs,
    series: () => ({
      "cpu.load1": "1",
      "cpu.utilisation": "1",
      "memory.used": "By",
      "memory.total": "By",
      "disk.used": "By",
      "disk.total": "By",
      "temperature.cpu": "Cel",
      uptime: "s",
    }),
    measure(): Measured {
      state.load = drift(state.load, 0.4, 0, 4);
      state.memory = drift(state.memory, 0.02, 0.1, 0.95);
      state.temperature = drift(state.temperature, 1, 25, 85);
      return {
        "cpu.load1": state.load,
        "cpu.utilisation": Math.min(1, state.load / 4),
        "memory.used": Math.round(state.memory * memoryBytes),
        "memory.total": memoryBytes,
        "disk.used": Math.round(state.disk * 16 * gib),
        "disk.total": 16 * gib,
        "temperature.cpu": state.temperature,
        uptime: uptimeS(),
      };
    },
    isClockSynchronised: () => true,
    prepareReboot: () => async () => {
      onReboot();
      return undefined;
    },
  };
};
