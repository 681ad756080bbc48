// Which groups are divided and what is written into them, on a folder that looks like the kernel's; that the kernel holds to it is
// the real lane's.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openGroups } from "./groups.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "s4t-groups-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const limits = { memoryMiB: 64, processes: 20, cpuPercent: 50, callS: 30 };
const read = (...parts: string[]) => readFileSync(join(root, ...parts), "utf8");
const put = (path: string, text: string) => {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
};
/** What the kernel says of this process's groups. */
const own = (text: string): string => {
  put("own", text);
  return join(root, "own");
};

describe("version 2", () => {
  const unit = "system.slice/s4t-agent.service";
  const prepare = (procs: string) => {
    put("cgroup.controllers", "cpu memory pids io");
    put(`${unit}/cgroup.controllers`, "cpu memory pids io");
    put(`${unit}/cgroup.type`, "domain");
    put(`${unit}/cgroup.procs`, procs);
    return own(`0::/${unit}\n`);
  };

  it("the agent's unit is divided: the agent moves into one part, each process gets another", () => {
    const groups = openGroups(root, prepare(`${process.pid}\n`));
    expect(groups?.version).toBe("cgroup2");
    expect(read(unit, "s4t-agent/cgroup.procs")).toBe(String(process.pid));
    expect(read(unit, "cgroup.subtree_control")).toBe("+memory +pids +cpu");
    const group = groups?.create("lamp", limits);
    const folder = join(unit, `s4t-plugin-${process.pid}-lamp`);
    expect(read(folder, "memory.max")).toBe("67108864");
    expect(read(folder, "pids.max")).toBe("20");
    expect(read(folder, "cpu.max")).toBe("50000 100000");
    expect(read(folder, "cpu.weight")).toBe("33");
    put(`${folder}/memory.events`, "low 0\noom 3\noom_kill 0\n");
    expect(group?.wasMemory()).toBe(false);
    put(`${folder}/memory.events`, "low 0\noom 3\noom_kill 1\n");
    expect(group?.wasMemory()).toBe(true);
  });

  it("a group with others in it is left alone", () => {
    expect(openGroups(root, prepare(`${process.pid}\n1\n`))).toBeUndefined();
    expect(existsSync(join(root, unit, "s4t-agent"))).toBe(false);
  });
});

describe("version 1", () => {
  const prepare = () => {
    for (const name of ["memory", "pids", "cpu"]) put(`${name}/cgroup.procs`, "1\n");
    put("memory/somebody/cgroup.procs", `${process.pid}\n1\n`);
    return own("3:memory:/somebody\n2:pids:/\n1:cpu:/\n0::/\n");
  };

  it("controllers whose group is others' too are not used, and not said to be", () => {
    const groups = openGroups(root, prepare());
    expect(groups?.version).toBe("cgroup1");
    expect([...(groups?.holds ?? [])]).toEqual(["pids", "cpu"]);
    groups?.create("lamp", limits);
    const name = `s4t-plugin-${process.pid}-lamp`;
    expect(read("pids", name, "pids.max")).toBe("20");
    expect(read("cpu", name, "cpu.cfs_quota_us")).toBe("50000");
    expect(read("cpu", name, "cpu.shares")).toBe("335");
    expect(existsSync(join(root, "memory/somebody", name))).toBe(false);
    expect(existsSync(join(root, "memory", name))).toBe(false);
  });
});
