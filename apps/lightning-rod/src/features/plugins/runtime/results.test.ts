// What a plugin answers that is no JSON, and a state that it may not keep: it is told by code, and goes on.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestMachine, type TestMachine } from "../../../../test/runtime.ts";
import { MAX_STATE_BYTES } from "../../../platform/linux/plugins/command.ts";

let machine: TestMachine;
beforeAll(async () => {
  machine = await openTestMachine();
});
afterAll(() => machine.close());

const invalid = {
  node: [
    ...["() => 1", "Symbol('x')", "10n", "{ deep: [10n] }", "cycle", "[undefined]", "[() => 1]"],
    ...["NaN", "{ deep: [1, NaN] }", "-Infinity"],
  ],
  python: [
    ...["{1, 2}", "main", "b'x'", "1j", "cycle", "[object()]", "{(1, 2): 3}"],
    ...["float('nan')", "{'deep': [1, float('nan')]}", "-float('inf')"],
  ],
} as const;
const sources = {
  node: `const cycle = []; cycle.push(cycle);
const answers = [${invalid.node.map((one) => `() => (${one})`)}];
export default async ({ n, bytes }, { state }) => {
  if (bytes) state.set("text", "x".repeat(bytes));
  return n === undefined ? { pid: process.pid, left: undefined, none: null, kept: state.keys() } : answers[n]();
};`,
  python: `import os
cycle = []
cycle.append(cycle)
answers = [${invalid.python.map((one) => `lambda: ${one}`)}]
def main(params, ctx):
    if "bytes" in params:
        ctx.state.set("text", "x" * params["bytes"])
    return answers[params["n"]]() if "n" in params else {"pid": os.getpid(), "none": None, "kept": ctx.state.keys()}
`,
} as const;

for (const runtime of ["node", "python"] as const)
  describe(`a plugin in ${runtime}`, () => {
    it("that answers what is no JSON is told so each time, in the same process", async () => {
      const opened = machine.open(runtime, sources[runtime]);
      const whole = await opened.call();
      expect(whole).toEqual({ pid: expect.any(Number), none: null, kept: [] });
      for (const [n, answer] of invalid[runtime].entries())
        await expect(opened.call({ n }), answer).rejects.toMatchObject({
          code: "plugin.result-invalid",
        });
      expect(await opened.call()).toEqual(whole);
    });

    it("whose state grows beyond its limit is told so, and what it had stays", async () => {
      const opened = machine.open(runtime, sources[runtime]);
      await opened.call({ bytes: 100 });
      const file = join(opened.stateFolder, "state.json");
      const before = readFileSync(file);
      await expect(opened.call({ bytes: MAX_STATE_BYTES })).rejects.toMatchObject({
        code: "plugin.failed",
        message: expect.stringContaining(String(MAX_STATE_BYTES)),
      });
      expect(readFileSync(file).equals(before)).toBe(true);
      expect(readdirSync(opened.stateFolder)).toEqual(["state.json"]);
      await opened.call({ bytes: MAX_STATE_BYTES - 100 });
      expect(readFileSync(file).length).toBeGreaterThan(MAX_STATE_BYTES - 100);
    });
  });
