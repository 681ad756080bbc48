// The project's key: who holds it, and handing it over to its owner for good.
import { fail, paginate, proveKey, signVersion, unpackPlugin, versionOf } from "@s4t/sdk";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";
import { ageText } from "../output.ts";
import { openKeyFile } from "./key-file.ts";
import { download } from "./versions.ts";

/** The owner's signatures of every version of the project, each checked here before: id, bytes, files. */
const signAll = async (
  context: Context,
  project: string,
  key: Parameters<typeof signVersion>[1],
): Promise<Record<string, string>> => {
  const { plugins } = context.client();
  const signatures: Record<string, string> = {};
  for await (const { uuid, name } of paginate(plugins.list, { project, query: { limit: 200 } }))
    for await (const row of paginate(plugins.versions, {
      project,
      params: { uuid },
      query: { limit: 200 },
    })) {
      if ((await versionOf(row.manifest)) !== row.version)
        throw fail("plugin.damaged", {
          because: `${name} ${row.number} is another than its id says`,
        });
      await unpackPlugin(row.manifest, await download(context, uuid, row.version, project));
      signatures[row.version] = (await signVersion(row.version, key)).signature;
      context.out.line(`signed ${name}, version ${row.number}`);
    }
  return signatures;
};

/** Adds `key` and `seal`. */
export const addSeal = (project: Command): void => {
  const show = project
    .command("key")
    .description("the key that signs for a project, and who holds it")
    .argument("<project>", "id or name");
  examples(show, "project key messina");
  run(show, async ({ client, out }, [uuid = ""]) => {
    const key = await client().projectKeys.show({ params: { uuid } });
    out.thing(key, [
      ["key", key.key],
      ["held", key.level === "sealed" ? "by its owner: sealed" : "by the cloud: managed"],
      ["since", ageText(key.since)],
    ]);
  });

  const seal = project
    .command("seal")
    .description("hand the project's key over to its owner: the cloud forgets its own, for good")
    .argument("<project>", "id or name")
    .requiredOption("--key <file>", "the owner's key; made where there is none, mode 600");
  examples(seal, "project seal messina --key ~/messina.key");
  run(seal, async (context, [uuid = ""], flags: { key: string }) => {
    const { projects, projectKeys } = context.client();
    const { name, uuid: id } = await projects.show({ params: { uuid } });
    await context.confirm(
      `From now on only what ${flags.key} signs runs on the boards of ${name}. Who loses that file cannot change them any more.`,
      name,
    );
    const key = await openKeyFile(flags.key);
    const signatures = await signAll(context, id, key);
    const sealed = await projectKeys.seal({
      params: { uuid: id },
      body: { key: key.publicKey, proof: await proveKey(key), signatures },
    });
    context.out.thing(sealed, [
      ["sealed", name],
      ["key", sealed.key],
      ["file", `${flags.key}: keep it safe, and a copy elsewhere`],
    ]);
  });
};
