import { createPlugin, paginate } from "@s4t/sdk";
import type { Command } from "commander";
import pc from "picocolors";
import { examples, run } from "../context.ts";
import { addCall } from "../plugin/call.ts";
import { addDev } from "../plugin/dev.ts";
import { readKeyFile } from "../plugin/key-file.ts";
import { addLines } from "../plugin/lines.ts";
import { addNew } from "../plugin/new.ts";
import { addOnBoard } from "../plugin/on-board.ts";
import { packSource, type SourceFlags } from "../plugin/source.ts";
import { addSourceFlags } from "../plugin/source-flags.ts";
import { addVersions, printPlugin } from "../plugin/versions.ts";

interface CreateFlags extends SourceFlags {
  readonly description?: string;
  readonly key?: string;
}

const addCreate = (plugin: Command): void => {
  const create = addSourceFlags(
    plugin
      .command("create")
      .alias("push")
      .description(
        "store a file or folder as a plugin; where the name is there, as its next version",
      )
      .argument("<path>", "file or folder")
      .option("--description <text>", "what it does")
      .option("--key <file>", "the owner's key, on a sealed project"),
  );
  examples(
    create,
    "plugin create hello.py --name hello --runtime python --mode sync --json",
    "plugin create ./logger --no-network --memory 64",
  );
  run(create, async (context, [path = ""], flags: CreateFlags) => {
    const packed = await packSource(path, flags);
    const {
      plugin: made,
      version,
      did,
    } = await createPlugin(context.client(), packed, {
      description: flags.description,
      key: flags.key === undefined ? undefined : await readKeyFile(flags.key),
      signal: context.signal,
    });
    printPlugin(context, made);
    if (did === "version-added")
      context.out.note(`${made.name} was there: this is its version ${version.number}.`);
    if (did === "nothing") context.out.note("It is there already, just so: nothing was changed.");
  });
};

const addRegistry = (plugin: Command): void => {
  const list = plugin
    .command("list")
    .description("list plugins")
    .option("--text <part>", "part of the name");
  examples(list, "plugin list", "plugin list --json");
  run(list, ({ client, out }, _, { text }: { text?: string }) =>
    out.list(
      paginate(client().plugins.list, { query: { text, limit: 200 } }),
      [
        ["name", (row) => pc.bold(row.name)],
        ["runs with", (row) => `${row.runtime}, ${row.mode}`],
        ["version", (row) => String(row.latest.number)],
        ["signed", (row) => (row.latest.signature ? "yes" : "no")],
        ["boards", (row) => String(row.boards)],
        ["id", (row) => pc.dim(row.uuid)],
      ],
      "No plugins yet. Make one: s4t plugin new FOLDER",
    ),
  );

  const show = plugin
    .command("show")
    .description("show a plugin")
    .argument("<plugin>", "id or name");
  examples(show, "plugin show hello");
  run(show, async (context, [uuid = ""]) =>
    printPlugin(context, await context.client().plugins.show({ params: { uuid } })),
  );

  const remove = plugin
    .command("remove")
    .description("remove a plugin that is on no board, with all its versions")
    .argument("<plugin>", "id or name");
  examples(remove, "plugin remove hello --yes");
  run(remove, async (context, [uuid = ""]) => {
    const client = context.client();
    const { name, uuid: id } = await client.plugins.show({ params: { uuid } });
    await context.confirm("The plugin is removed with all its versions.", name);
    await client.plugins.remove({ params: { uuid: id } });
    context.out.thing({ uuid: id, name, status: "removed" }, [["removed", name]]);
  });
};

const addRemoveVersion = (plugin: Command): void => {
  const remove = plugin
    .command("remove-version")
    .description("remove a version that is on no board and is not the latest")
    .argument("<plugin>", "id or name")
    .argument("<version>", "number, or id");
  examples(remove, "plugin remove-version hello 3");
  run(remove, async (context, [uuid = "", version = ""]) => {
    const { plugins } = context.client();
    const { name } = await plugins.show({ params: { uuid } });
    const found = await plugins.version({ params: { uuid, version } });
    await context.confirm(`Version ${found.number} of ${name} is removed for good.`, name);
    await plugins.removeVersion({ params: { uuid, version: found.version } });
    const { number } = found;
    context.out.thing({ name, number, version: found.version, status: "removed" }, [
      ["removed", `${name}, version ${number}`],
    ]);
  });
};

export const register = (program: Command): void => {
  const plugin = program.command("plugin").description("plugins: code that runs on boards");
  addNew(plugin);
  addCreate(plugin);
  addRegistry(plugin);
  addVersions(plugin);
  addRemoveVersion(plugin);
  addOnBoard(plugin);
  addCall(plugin);
  addLines(plugin);
  addDev(plugin);
};
