// Plugins held by control groups, as a program: its test starts it in groups of its own, as systemd gives them to an agent. What it
// prints is what the plugins saw, and what the kernel counted of them.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { levels, openTestMachine } from "./runtime.ts";

/** Of each process less than the limit, of all together more. */
const hungry = `
import os, time
def main(params, ctx):
    children = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            kept = bytearray(32 << 20)
            for at in range(0, len(kept), 4096):
                kept[at] = 1
            time.sleep(1)
            os._exit(0)
        children.append(pid)
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
`;
const busy = `
import time
def main(params, ctx):
    began = time.monotonic()
    while time.monotonic() - began < 1.5:
        pass
    return time.process_time()
`;

/** A file of the kernel's in the group of the plugin of that name. */
const counted = (name: string, files: readonly string[]): string => {
  for (const line of readFileSync("/proc/self/cgroup", "utf8").split("\n")) {
    const [, hierarchy = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const root of [join("/sys/fs/cgroup", hierarchy), "/sys/fs/cgroup"])
      for (const folder of [join(root, path), join(root, path, "..")]) {
        if (!existsSync(folder)) continue;
        const group = readdirSync(folder).find((each) => each.includes(`-${name}-`));
        for (const file of files)
          if (group && existsSync(join(folder, group, file)))
            return readFileSync(join(folder, group, file), "utf8");
      }
  }
  return "";
};

const machine = await openTestMachine(levels.full);
const eater = machine.open("python", hungry, { name: "hungry", limits: { memoryMiB: 64 } });
const children = await eater.call().catch((error: unknown) => String(error));
const memory = counted("hungry", ["memory.oom_control", "memory.events"]);
const worker = machine.open("python", busy, { name: "busy", limits: { cpuPercent: 30 } });
const seconds = await worker.call();
const cpu = counted("busy", ["cpu.stat"]);
process.stdout.write(
  JSON.stringify({ isolation: machine.isolation, children, memory, seconds, cpu }),
);
await machine.close();
