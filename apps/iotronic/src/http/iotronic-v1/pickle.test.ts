import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { pickleOf, sourceOf, unpickled } from "./pickle.ts";

const source = "def f():\n\treturn 'è 🌍 \\u0041 \\n'\r\n\u0000\u001a";

it("writes what the original's agents read", () => {
  expect(pickleOf(source)).toBe(
    "Vdef f():\\u000a\treturn '\\u00e8 \\U0001f30d \\u005cu0041 \\u005cn'\\u000d\\u000a\\u0000\\u001a\np0\n.",
  );
});

it("gives any text back as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }), (a, b) => {
      const text = (a + b).toWellFormed();
      expect(unpickled(pickleOf(text))).toBe(text);
    }),
  );
});

it("takes source for what it is", () => {
  for (const text of [
    "",
    "V",
    "print(1)",
    "V\np0\n",
    "Vx\np0\n..",
    "V = 1\nprint(V)\n",
    "Vx\ny\np0\n.",
  ])
    expect(sourceOf(text)).toBe(text);
  expect(sourceOf("Vprint(1)\np0\n.")).toBe("print(1)");
  expect(sourceOf("Vprint(1)\n.")).toBe("print(1)");
  expect(sourceOf("V\\Uffffffff\np0\n.")).toBe("V\\Uffffffff\np0\n.");
});

const python = spawnSync("python3", ["--version"]).status === 0;
it.runIf(python)("is read by Python, and reads what Python writes", () => {
  const run = (code: string, input: string) =>
    spawnSync("python3", ["-c", code], { input, encoding: "utf8" }).stdout;
  const reads =
    "import pickle,sys,json; print(json.dumps(pickle.loads(sys.stdin.read().encode())))";
  expect(JSON.parse(run(reads, pickleOf(source)))).toBe(source);
  const writes =
    "import pickle,sys,json; print(json.dumps(pickle.dumps(json.load(sys.stdin),0).decode('latin-1')))";
  const ascii = "def f():\n    return '\\\\ \\u0041 🌍'\n";
  expect(unpickled(JSON.parse(run(writes, JSON.stringify(ascii))))).toBe(ascii);
});
