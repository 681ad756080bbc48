// Each level by itself, as root and as an ordinary user, with bubblewrap; and what the kernel itself says of a plugin's process.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testAbuses } from "../../../../test/abuse-tests.ts";
import { levels, openTestMachine, type TestMachine } from "../../../../test/runtime.ts";
import { openGroups } from "../../../platform/linux/plugins/groups.ts";
import { findProgram } from "../../../platform/linux/plugins/probe.ts";
import { threadsOfUser } from "../../../platform/linux/plugins/tree.ts";
import { FIRST_UID } from "../../../platform/linux/plugins/users.ts";

describe("control groups of the agent's own", () => {
  const program = new URL("../../../../test/groups-program.ts", import.meta.url).pathname;
  /** Makes a group for one process in each hierarchy, and says how to enter them. Version 2 hands controllers down from the top. */
  const makeGroups = (): string[] => {
    const name = `s4t-test-${process.pid}`;
    const top = "/sys/fs/cgroup";
    if (existsSync(join(top, "cgroup.controllers"))) {
      writeFileSync(join(top, "cgroup.subtree_control"), "+memory +pids +cpu");
      mkdirSync(join(top, name));
      return [join(top, name)];
    }
    return readFileSync("/proc/self/cgroup", "utf8")
      .split("\n")
      .flatMap((line) => {
        const [, controller = "", path = ""] = /^\d+:(memory|pids|cpu):(.*)$/.exec(line) ?? [];
        if (controller === "") return [];
        const folder = join(top, controller, path, name);
        mkdirSync(folder);
        return [folder];
      });
  };
  const removeGroup = (folder: string): void => {
    if (!existsSync(folder)) return;
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeGroup(join(folder, entry.name));
    rmdirSync(folder);
  };

  it("hold memory and processor time of a plugin with all that it starts, as the kernel counts", () => {
    const folders = makeGroups();
    try {
      const enter = folders.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join(" && ");
      const text = execFileSync(
        "sh",
        ["-c", `${enter} && exec "$@"`, "sh", process.execPath, "--conditions=source", program],
        { encoding: "utf8", timeout: 120_000 },
      );
      const told = JSON.parse(text);
      expect(told.isolation.limits).toMatch(/^cgroup[12]$/);
      // None of the four was too large by itself.
      expect(String(told.children)).toMatch(/-9|signal|memory/);
      expect(told.memory).toMatch(/^oom_kill [1-9]/m);
      expect(told.seconds).toBeLessThan(1.5 * 0.6);
      expect(told.cpu).toMatch(/^nr_throttled [1-9]/m);
    } finally {
      for (const folder of folders) removeGroup(folder);
    }
  });
});

describe("root below a closed folder", () => {
  const without =
    (...missing: string[]) =>
    (name: string) =>
      missing.includes(name) ? undefined : findProgram(name);

  it.each(["node", "python"] as const)(
    "gives a %s plugin a view and a user of its own",
    async (runtime) => {
      const machine = await openTestMachine(levels.full, without("bwrap"), true);
      try {
        expect(machine.isolation).toMatchObject({ level: "kernel", ownUser: true });
        const opened = machine.open(
          runtime,
          runtime === "node"
            ? "export default () => process.getuid();"
            : "import os\ndef main(p, c):\n    return os.getuid()\n",
        );
        expect(await opened.call()).toBeGreaterThanOrEqual(FIRST_UID);
      } finally {
        await machine.close();
      }
    },
  );

  it("refuses plugins where that cannot be made: none runs as root", async () => {
    const machine = await openTestMachine(levels.full, without("bwrap", "mount"), true);
    try {
      expect(machine.isolation).toMatchObject({ level: "none", ownUser: false });
      for (const runtime of ["node", "python"] as const)
        await expect(machine.open(runtime, "").call()).rejects.toMatchObject({
          code: "plugin.unheld",
        });
    } finally {
      await machine.close();
    }
  });
});

for (const level of ["full", "kernel"] as const)
  describe(`level ${level}`, () => {
    let machine: TestMachine;
    beforeAll(async () => {
      machine = await openTestMachine(levels[level]);
    });
    afterAll(() => machine.close());

    it("is what the kernel says of the process", async () => {
      const opened = machine.open("python", "def main(p, ctx):\n    return 1\n", {
        limits: { memoryMiB: 64, processes: 20 },
      });
      await opened.call();
      const { pid } = opened.instance.use();
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status)?.[1];
      expect(Number(field("Uid")?.split("\t")[0])).toBeGreaterThanOrEqual(FIRST_UID);
      expect(field("Groups")?.trim()).toMatch(/^(\d{6})?$/);
      expect(field("NoNewPrivs")).toBe("1");
      for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
        expect(field(set)).toBe("0000000000000000");
      const limits = readFileSync(`/proc/${pid}/limits`, "utf8");
      expect(limits).toMatch(/^Max core file size\s+0\s+0\s/m);
      expect(limits).toMatch(/^Max open files\s+1024\s+1024\s/m);
      expect(limits).toMatch(/^Max nice priority\s+0\s+0\s/m);
      const { limits: held } = machine.isolation;
      if (held === "rlimit") expect(limits).not.toMatch(/^Max data size\s+unlimited/m);
    });

    it("gives each plugin a user of its own, and the same one again", async () => {
      const uidOf = async (name: string) => {
        const opened = machine.open(
          "python",
          "import os\ndef main(p, c):\n    return os.getuid()\n",
          {
            name,
          },
        );
        const uid = await opened.call();
        await opened.instance.close();
        return uid;
      };
      const one = await uidOf("one");
      expect(await uidOf("two")).not.toBe(one);
      expect(await uidOf("one")).toBe(one);
    });

    it("ends no plugin of another agent on the same machine", async () => {
      const other = await openTestMachine(levels[level]);
      try {
        const source = "def main(p, ctx):\n    return ctx.board.uuid\n";
        const staying = machine.open("python", source);
        await staying.call();
        const { pid } = staying.instance.use();
        const leaving = other.open("python", source);
        await leaving.call();
        await leaving.instance.close();
        await staying.call();
        expect(staying.instance.use().pid).toBe(pid);
      } finally {
        await other.close();
      }
    });

    /** Forks until the kernel refuses, at most far beyond its limit; answers how many are there. */
    const forking =
      "import os, time\ndef main(p, ctx):\n    n = 1\n    try:\n        while n < 200:\n            if os.fork() == 0:\n                time.sleep(100)\n            n += 1\n    except OSError:\n        pass\n    return n\n";
    const PROCESSES = 12;

    const isCounted = openGroups()?.holds.has("pids") ?? false;
    it.skipIf(!isCounted)("holds processes together by a group, as the kernel counts", async () => {
      const folder = readdirSync("/sys/fs/cgroup").includes("pids")
        ? "/sys/fs/cgroup/pids"
        : "/sys/fs/cgroup";
      const ours = () => readdirSync(folder).filter((name) => name.includes("-counted-"));
      const opened = machine.open("python", forking, {
        ...{ name: "counted", limits: { processes: PROCESSES } },
      });
      const begun = await opened.call();
      const [group = ""] = ours();
      const counted = (file: string) => readFileSync(join(folder, group, file), "utf8");
      expect(counted("pids.events")).toMatch(/^max [1-9]/m);
      expect(Number(counted("pids.current"))).toBe(Number(counted("pids.max")));
      expect(begun).toBeLessThanOrEqual(PROCESSES);
      await opened.instance.close();
      expect(ours()).toEqual([]);
      expect(existsSync(join(folder, group))).toBe(group === "");
    });

    it("holds processes together by the plugin's own user where there are no groups, as the kernel counts", async () => {
      const bare = await openTestMachine({ ...levels[level], groups: false });
      try {
        const opened = bare.open("python", forking, { limits: { processes: PROCESSES } });
        const begun = await opened.call();
        const { pid } = opened.instance.use();
        const bound = Number(
          /^Max processes\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.[1],
        );
        expect(bound).toBe(PROCESSES + 2); // the sandbox's own
        expect(threadsOfUser(statSync(opened.stateFolder).uid)).toBe(bound);
        expect(begun).toBeLessThanOrEqual(PROCESSES + 2);
        expect(begun).toBeGreaterThan(1);
      } finally {
        await bare.close();
      }
    });

    testAbuses(() => machine);
  });
