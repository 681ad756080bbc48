// The state of a plugin on a disk of its own that is full, or read-only, as only root can make one.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openTestMachine } from "../../../../test/runtime.ts";

const sources = {
  node: `export default async ({ bytes }, { state }) => {
  if (bytes) state.set("text", "x".repeat(bytes));
  return (state.get("text") ?? "").length;
};`,
  python: `def main(params, ctx):
    if "bytes" in params:
        ctx.state.set("text", "x" * params["bytes"])
    return len(ctx.state.get("text", ""))
`,
} as const;

describe.each(["node", "python"] as const)("a plugin in %s", (runtime) => {
  it("whose disk is full, or read-only, is told so; its state stays whole and it goes on", async () => {
    const machine = await openTestMachine();
    const opened = machine.open(runtime, sources[runtime]);
    const neighbour = machine.open(runtime, sources[runtime]);
    const { stateFolder } = opened;
    const mount = (options: string) =>
      execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", stateFolder]);
    mount("size=256k,mode=700");
    try {
      const file = join(stateFolder, "state.json");
      expect(await opened.call({ bytes: 50_000 })).toBe(50_000);
      const before = readFileSync(file);
      const isAsBefore = () =>
        readFileSync(file).equals(before) && readdirSync(stateFolder).join() === "state.json";

      await expect(opened.call({ bytes: 500_000 })).rejects.toMatchObject({
        code: "plugin.failed",
        message: expect.stringMatching(/no space left/i),
      });
      expect([isAsBefore(), await opened.call()]).toEqual([true, 50_000]);

      // There is room for what is small enough.
      expect(await opened.call({ bytes: 50_000 })).toBe(50_000);

      mount("remount,ro");
      await expect(opened.call({ bytes: 10 })).rejects.toMatchObject({
        code: "plugin.failed",
        message: expect.stringMatching(/read-only/i),
      });
      expect([isAsBefore(), await opened.call()]).toEqual([true, 50_000]);
      expect(await neighbour.call({ bytes: 7 })).toBe(7);
    } finally {
      await opened.instance.close();
      execFileSync("umount", ["-l", stateFolder]);
      await machine.close();
    }
  }, 60_000);
});
