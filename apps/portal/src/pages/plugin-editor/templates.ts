// What a new plugin starts with: the smallest one of its kind that does something.
import type { PluginMode, PluginRuntime } from "../../live/contract.ts";

const nodeSync = `// Called with its parameters; what it returns is the answer.
export default async (params, { log }) => {
  log.info(\`greeting \${params.name}\`);
  return { hello: params.name };
};
`;
const nodeAsync = `// Runs until it is stopped: the signal says when.
import { setTimeout as sleep } from "node:timers/promises";

export default async (params, { log, emit, signal }) => {
  for (let count = 1; !signal.aborted; count += 1) {
    emit("count", count);
    log.info(\`\${params.name}: \${count}\`);
    await sleep(5_000, undefined, { signal }).catch(() => {});
  }
};
`;
const pythonSync = `# Called with its parameters; what it returns is the answer.
def main(params, ctx):
    ctx.log.info(f"greeting {params['name']}")
    return {"hello": params["name"]}
`;
const pythonAsync = `# Runs until it is stopped.
def main(params, ctx):
    count = 0
    while not ctx.stopping.wait(5):
        count += 1
        ctx.emit("count", count)
        ctx.log.info(f"{params['name']}: {count}")
`;

const sources: Readonly<Record<PluginRuntime, Readonly<Record<PluginMode, string>>>> = {
  node: { sync: nodeSync, async: nodeAsync },
  python: { sync: pythonSync, async: pythonAsync },
};

export const entryOf: Readonly<Record<PluginRuntime, string>> = {
  node: "main.mjs",
  python: "main.py",
};

export const templateOf = (runtime: PluginRuntime, mode: PluginMode): string =>
  sources[runtime][mode];

/** Whether a text is still one of the templates: then another kind may take its place. */
export const isTemplate = (text: string): boolean =>
  Object.values(sources).some((byMode) => Object.values(byMode).includes(text));

export const templateSchema = `{
  "type": "object",
  "properties": {
    "name": { "type": "string", "title": "Name", "default": "world" }
  },
  "required": ["name"]
}
`;
