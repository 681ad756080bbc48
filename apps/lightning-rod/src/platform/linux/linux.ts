// Linux: /proc, /sys and what Node knows. Everything that may be missing on some machine is looked for once.
import { accessSync, constants, existsSync, readFileSync, realpathSync, statfsSync } from "node:fs";
import {
  arch,
  cpus,
  hostname,
  loadavg,
  networkInterfaces,
  release,
  totalmem,
  uptime,
} from "node:os";
import { join } from "node:path";
import { fail } from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import type { Measured, Platform, SeriesUnits } from "../platform.ts";
import { findTemperatures } from "./temperatures.ts";

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8").replaceAll("\0", "").trim();
  } catch {
    return undefined; // not on this machine
  }
};

const osName = (): string =>
  /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(read("/etc/os-release") ?? "")?.[1] ?? "Linux";
const modelName = (): string | null =>
  read("/proc/device-tree/model") ?? read("/sys/class/dmi/id/product_name") ?? null;

/** As `Intl` would say; asking it would load ICU's tables, 8 MB. */
const timeZoneOf = (): { timeZone?: string } => {
  if (process.env.TZ) return { timeZone: process.env.TZ.replace(/^:/, "") };
  try {
    const [, timeZone] = realpathSync("/etc/localtime").split("/zoneinfo/");
    return timeZone === undefined ? {} : { timeZone };
  } catch {
    return { timeZone: "UTC" }; // the C library's answer where there is no such file
  }
};

/** Busy and all time of the processors since boot, in ticks. */
const readCpu = (): { busy: number; all: number } => {
  const [, ...fields] =
    (read("/proc/stat") ?? "cpu 0 0 0 1").split("\n", 1)[0]?.split(/\s+/).map(Number) ?? [];
  const all = fields.slice(0, 8).reduce((sum, value) => sum + value, 0);
  return { busy: all - (fields[3] ?? 0) - (fields[4] ?? 0), all };
};

const readMemory = (): Record<string, number> =>
  Object.fromEntries(
    [...(read("/proc/meminfo") ?? "").matchAll(/^(\w+):\s+(\d+) kB$/gm)].map(([, name, kib]) => [
      name,
      Number(kib) * 1_024,
    ]),
  );

/** Bytes received and sent over all real interfaces since boot. */
const readNetwork = (): { rx: number; tx: number } => {
  let rx = 0;
  let tx = 0;
  for (const line of (read("/proc/net/dev") ?? "").split("\n").slice(2)) {
    const [name = "", ...fields] = line.trim().split(/[:\s]+/);
    if (name === "lo" || name === "") continue;
    rx += Number(fields[0] ?? 0);
    tx += Number(fields[8] ?? 0);
  }
  return { rx, tx };
};

/** Path of a program, looked for as a shell would. */
const findProgram = (name: string): string | undefined => {
  const folders = name.includes("/") ? [""] : (process.env.PATH ?? "").split(":");
  return folders
    .map((folder) => (folder === "" ? name : join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
};

const units: SeriesUnits = {
  "cpu.load1": "1",
  "cpu.load5": "1",
  "cpu.load15": "1",
  "cpu.utilisation": "1",
  "memory.used": "By",
  "memory.total": "By",
  "swap.used": "By",
  "disk.used": "By",
  "disk.total": "By",
  "network.rx": "By/s",
  "network.tx": "By/s",
  uptime: "s",
};

/** A {@link Platform} on Linux. `diskFolder`: whose file system is measured. */
export const createLinux = ({
  clock,
  diskFolder,
}: {
  readonly clock: Clock;
  readonly diskFolder: string;
}): Platform => {
  const temperatures = findTemperatures();
  let lastCpu = readCpu();
  let lastNetwork = { ...readNetwork(), atMs: clock.monotonicMs() };

  const measureNetwork = (): Measured => {
    const now = { ...readNetwork(), atMs: clock.monotonicMs() };
    const seconds = Math.max(0.001, (now.atMs - lastNetwork.atMs) / 1_000);
    const rates = {
      "network.rx": Math.max(0, now.rx - lastNetwork.rx) / seconds,
      "network.tx": Math.max(0, now.tx - lastNetwork.tx) / seconds,
    };
    lastNetwork = now;
    return rates;
  };
  const measureCpu = (): number => {
    const now = readCpu();
    const all = now.all - lastCpu.all;
    const share = all > 0 ? (now.busy - lastCpu.busy) / all : 0;
    lastCpu = now;
    return Math.min(1, Math.max(0, share));
  };

  return {
    describe: () => ({
      hostname: hostname(),
      os: osName(),
      kernel: release(),
      arch: arch(),
      model: modelName(),
      cpus: cpus().length,
      memoryBytes: totalmem(),
      runtime: `Node.js ${process.versions.node}`,
      bootId: read("/proc/sys/kernel/random/boot_id") ?? "unknown",
      uptimeS: Math.round(uptime()),
      ...timeZoneOf(),
      interfaces: Object.entries(networkInterfaces())
        .slice(0, 64)
        .map(([name, addresses]) => ({
          name,
          addresses: (addresses ?? []).slice(0, 32).map(({ address }) => address),
          mac: addresses?.[0]?.mac ?? null,
        })),
    }),
    uptimeMs: () => Math.round(uptime() * 1_000),
    series: () => ({
      ...units,
      ...Object.fromEntries([...temperatures.keys()].map((name) => [name, "Cel"])),
    }),
    measure() {
      const memory = readMemory();
      const [load1 = 0, load5 = 0, load15 = 0] = loadavg();
      const disk = statfsSync(diskFolder);
      const values: Record<string, number> = {
        "cpu.load1": load1,
        "cpu.load5": load5,
        "cpu.load15": load15,
        "cpu.utilisation": measureCpu(),
        "memory.used": (memory.MemTotal ?? 0) - (memory.MemAvailable ?? memory.MemFree ?? 0),
        "memory.total": memory.MemTotal ?? totalmem(),
        "swap.used": (memory.SwapTotal ?? 0) - (memory.SwapFree ?? 0),
        "disk.used": (disk.blocks - disk.bfree) * disk.bsize,
        "disk.total": disk.blocks * disk.bsize,
        uptime: uptime(),
        ...measureNetwork(),
      };
      for (const [name, file] of temperatures) {
        const text = read(file);
        if (text !== undefined && Number.isFinite(Number(text)))
          values[name] = Number(text) / 1_000;
      }
      return values;
    },
    isClockSynchronised: () =>
      existsSync("/run/systemd/timesync/synchronized") ||
      existsSync("/run/chrony") ||
      existsSync("/var/lib/ntp/ntp.drift"),
    prepareReboot: ([program = "", ...args]) => {
      const path = findProgram(program);
      if (path === undefined)
        throw fail("board.failed", { because: `there is no program ${program}` });
      return async () => {
        const { spawn } = await import("node:child_process"); // seldom needed
        return new Promise((resolve) => {
          const child = spawn(path, args, { detached: true, stdio: "ignore" });
          child.once("error", (error) => resolve(error.message));
          child.once("exit", (code, signal) =>
            resolve(code === 0 ? undefined : `the command ended with ${code ?? signal}`),
          );
          child.unref();
        });
      };
    },
  };
};
