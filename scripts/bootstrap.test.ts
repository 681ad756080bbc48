// Every command says at once where it cannot run. The machine is another one by a line that runs before.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "./repository.ts";

const startOn = (what: "platform" | "arch", value: string) => {
  const pretend = `data:text/javascript,Object.defineProperty(process,"${what}",{value:"${value}"})`;
  const began = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", pretend, join(root, "scripts/bootstrap.mjs"), "start"],
    { encoding: "utf8", timeout: 30_000 },
  );
  return { status, stderr, tookMs: performance.now() - began };
};

it.each([
  ["platform", "darwin"],
  ["platform", "win32"],
  ["arch", "arm"],
  ["arch", "riscv64"],
] as const)(
  "says at once that it does not run where %s is %s, and what would do",
  (what, value) => {
    const { status, stderr, tookMs } = startOn(what, value);
    expect(status).toBe(69);
    expect(stderr).toContain(`this machine is`);
    expect(stderr).toContain(value);
    expect(stderr).toContain("Linux x64 and arm64");
    expect(tookMs).toBeLessThan(10_000);
  },
);
