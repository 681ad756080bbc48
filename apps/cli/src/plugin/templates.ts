// What `plugin new` writes. Each runs as it is; what it shows is all that a plugin may use.
import type { PluginMode, PluginRuntime } from "@s4t/sdk";

interface Template {
  readonly entry: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, string>>;
}

const greeting = {
  type: "object",
  properties: { name: { type: "string", title: "Name", default: "world", maxLength: 100 } },
  additionalProperties: false,
};
const pace = {
  type: "object",
  properties: {
    everyS: { type: "number", title: "Every so many seconds", default: 5, minimum: 1 },
  },
  additionalProperties: false,
};

const nodeSync = `// Called with parameters; what it returns is the answer.
/** @type {import("./plugin.d.ts").Plugin} */
export default async (params, { log, state }) => {
  const calls = (state.get("calls") ?? 0) + 1;
  state.set("calls", calls);
  log.info(\`Call \${calls}\`);
  return { hello: params.name, calls };
};
`;

const nodeAsync = `// Started; runs until it is stopped.
import { setTimeout as sleep } from "node:timers/promises";

/** @type {import("./plugin.d.ts").Plugin} */
export default async (params, { log, emit, signal }) => {
  while (!signal.aborted) {
    emit("memory", process.memoryUsage.rss(), "By");
    log.info("Measured");
    await sleep(params.everyS * 1000, undefined, { signal }).catch(() => {});
  }
};
`;

// The constant costs nothing on a board, where `typing` would be a megabyte and more of an idle plugin.
const pythonTypes = `# True for editors alone: s4t.pyi says what ctx has.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from s4t import Context
`;

const pythonSync = `# Called with parameters; what main returns is the answer.
${pythonTypes}

def main(params: dict, ctx: "Context"):
    calls = (ctx.state.get("calls") or 0) + 1
    ctx.state.set("calls", calls)
    ctx.log.info(f"Call {calls}")
    return {"hello": params["name"], "calls": calls}
`;

const pythonAsync = `# Started; runs until it is stopped.
import os

${pythonTypes}

def main(params: dict, ctx: "Context"):
    while not ctx.stopping.wait(params["everyS"]):
        ctx.emit("load", os.getloadavg()[0], "1")
        ctx.log.info("Measured")
`;

const templates: Readonly<Record<PluginRuntime, Readonly<Record<PluginMode, string>>>> = {
  node: { sync: nodeSync, async: nodeAsync },
  python: { sync: pythonSync, async: pythonAsync },
};
const entries: Readonly<Record<PluginRuntime, string>> = { node: "main.mjs", python: "main.py" };

/** The template of a runtime and a mode. */
export const templateOf = (runtime: PluginRuntime, mode: PluginMode): Template => ({
  entry: entries[runtime],
  parameters: mode === "sync" ? greeting : pace,
  files: { [entries[runtime]]: templates[runtime][mode] },
});
