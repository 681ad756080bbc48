// What `plugin new` writes: it runs on a board as it is, and the stubs beside it promise an editor exactly what a board hands over.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root } from "../scripts/repository.ts";
import { openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 60_000);
afterAll(() => stage.end());

const said = async (line: string): Promise<string> => {
  const { code, out, err } = await stage.s4t(line);
  expect([line, code], err).toEqual([line, 0]);
  return out;
};
const create = async (name: string, flags: string): Promise<string> => {
  const folder = join(stage.folder, name);
  await said(`plugin new ${folder} ${flags}`);
  return folder;
};
/** What the plugin of a folder answers. */
const answerOf = async (folder: string, name: string, params: object) => {
  await said(`plugin create ${folder}`);
  await said(`plugin inject lamp ${name}`);
  return JSON.parse(await said(`plugin call lamp ${name} --params '${JSON.stringify(params)}'`));
};

/** As an editor looks at a plugin of JavaScript. */
const look = (path: string): ts.Program =>
  ts.createProgram([path], {
    ...{ allowJs: true, checkJs: true, noEmit: true, strict: true, types: ["node"] },
    typeRoots: [join(root, "node_modules/@types")],
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    skipLibCheck: true,
  });
const complaints = (program: ts.Program): string[] =>
  ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));

it.each(["node", "python"])(
  "what it writes runs as it is: %s",
  async (runtime) => {
    const greet = await create(`greet-${runtime}`, `--runtime ${runtime}`);
    expect(await answerOf(greet, `greet-${runtime}`, { name: "Messina" })).toEqual({
      ...{ hello: "Messina", calls: 1 },
    });
    const beat = await create(`beat-${runtime}`, `--runtime ${runtime} --mode async`);
    await said(`plugin create ${beat}`);
    await said(`plugin inject lamp beat-${runtime} --on-boot --params '{"everyS":1}'`);
    const measured = (text: string) => text.split("Measured").length > 2;
    await until(() => said(`plugin logs lamp beat-${runtime}`), measured, 20_000);
    await said(`plugin stop lamp beat-${runtime}`);
  },
  90_000,
);

it("an editor finds nothing to complain about in JavaScript, and finds what is wrong", async () => {
  for (const mode of ["sync", "async"]) {
    const entry = join(await create(`typed-${mode}`, `--mode ${mode}`), "main.mjs");
    expect([mode, ...complaints(look(entry))]).toEqual([mode]);
    writeFileSync(entry, readFileSync(entry, "utf8").replace("log.info", "log.inform"));
    expect(complaints(look(entry)).join()).toContain("'inform' does not exist");
  }
}, 60_000);

/** `log.info/0`: members of the context, and of what is in it, with how many arguments each needs. */
const promisedTo = (path: string): string[] => {
  const program = look(path);
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(join(path, "../plugin.d.ts"));
  const context = file?.statements.find(
    (each) => ts.isInterfaceDeclaration(each) && each.name.text === "Context",
  );
  expect(context).toBeDefined();
  const membersOf = (type: ts.Type, prefix: string): string[] =>
    type.getProperties().flatMap((member) => {
      const own = checker.getTypeOfSymbol(member);
      const [signature] = own.getCallSignatures();
      const name = prefix + member.name;
      if (signature) {
        const needed = signature.parameters.filter(({ valueDeclaration }) => {
          const given = valueDeclaration as ts.ParameterDeclaration;
          return !given.questionToken && !given.dotDotDotToken;
        });
        return [`${name}/${needed.length}`];
      }
      const isOurs = own.isClassOrInterface() === false && own.getProperties().length > 0;
      return isOurs && !(own.flags & ts.TypeFlags.StringLike) ? membersOf(own, `${name}.`) : [name];
    });
  return membersOf(checker.getTypeAtLocation(context as ts.Node), "").sort();
};

it("plugin.d.ts has what a board hands to Node, all of it and no more", async () => {
  const folder = await create("seen-node", "");
  const entry = join(folder, "main.mjs");
  const promised = promisedTo(entry);
  writeFileSync(
    entry,
    `const membersOf = (thing, prefix) => Object.entries(thing).flatMap(([name, value]) =>
  typeof value === "function" ? [prefix + name + "/" + value.length]
    : Object.getPrototypeOf(value) === Object.prototype ? membersOf(value, prefix + name + ".")
    : [prefix + name]);
export default (params, context) => membersOf(context, "").sort();
`,
  );
  const given = await answerOf(folder, "seen-node", {});
  expect(given).toEqual(promised);
  expect(given).toContain("emit/2");
}, 60_000);

it("s4t.pyi has what a board hands to Python, all of it and no more", async () => {
  const folder = await create("seen-python", "--runtime python");
  // How the host itself sets it is nobody's to call.
  writeFileSync(
    join(folder, "main.py"),
    `import ast
import inspect

STUB = ${JSON.stringify(readFileSync(join(folder, "s4t.pyi"), "utf8"))}
HIDDEN = ("Stopping.set(", "Stopping.on_set")


def promised():
    for kind in ast.parse(STUB).body:
        if not isinstance(kind, ast.ClassDef):
            continue
        for member in kind.body:
            if isinstance(member, ast.AnnAssign):
                yield f"{kind.name}.{member.target.id}"
            elif isinstance(member, ast.FunctionDef):
                names = [each.arg for each in member.args.args if each.arg != "self"]
                if member.args.vararg:
                    names.append(member.args.vararg.arg)
                yield f"{kind.name}.{member.name}({', '.join(names)})"


def given(ctx):
    for thing in (ctx, ctx.log, ctx.state, ctx.board, ctx.stopping):
        for name in dir(thing):
            if name.startswith("_"):
                continue
            value = getattr(thing, name)
            names = f"({', '.join(inspect.signature(value).parameters)})" if callable(value) else ""
            told = f"{type(thing).__name__}.{name}{names}"
            if not told.startswith(HIDDEN):
                yield told


def main(params, ctx):
    return {"promised": sorted(promised()), "given": sorted(given(ctx))}
`,
  );
  const { promised, given } = await answerOf(folder, "seen-python", {});
  expect(given).toEqual(promised);
  expect(given).toContain("Context.emit(series, value, unit)");
}, 60_000);
