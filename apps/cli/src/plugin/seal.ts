// The project's key: who holds it, handing it over to its owner for good, and putting another in its place.
import { fail, nameSuccessor, type PluginVersion, proveKey, verifyVersion } from "@s4t/sdk";
import { carryBoardsOver } from "@s4t/sdk/node";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";
import { ageText } from "../output.ts";
import { openKeyFile, readKeyFile } from "./key-file.ts";
import { bringRest, signAll, withKey } from "./signing.ts";

interface RekeyFlags {
  readonly key?: string;
  readonly newKey?: string;
}

/** What an owner brings: the next key, named by the present one, and what it signs. */
const bringNext = async (context: Context, project: string, { key, newKey }: RekeyFlags) => {
  if (key === undefined && newKey === undefined) return { body: {}, signed: [] };
  if (key === undefined || newKey === undefined)
    throw fail("config.invalid", {
      setting: key === undefined ? "--key" : "--new-key",
      because: "is needed too: the present key names the next one",
    });
  const present = await readKeyFile(key);
  const next = await openKeyFile(newKey);
  await carryBoardsOver(key, newKey);
  // Only what the present key has signed: of what else is there, the owner knows nothing.
  const isMine = async ({ version, signature }: PluginVersion): Promise<boolean> =>
    signature?.key === present.publicKey && (await verifyVersion(version, signature));
  const signed = await signAll(context, project, next, isMine);
  const body = {
    next: {
      key: next.publicKey,
      proof: await proveKey(next),
      named: await nameSuccessor(next.publicKey, present),
      signatures: withKey(signed),
    },
  };
  return { body, signed };
};

const addRekey = (project: Command): void => {
  const rekey = project
    .command("rekey")
    .description("put another key in the place of the present one, which is good for nothing then")
    .argument("<project>", "id or name")
    .option("--key <file>", "on a sealed project: its owner's present key")
    .option("--new-key <file>", "on a sealed project: the next one; made where there is none");
  examples(
    rekey,
    "project rekey messina",
    "project rekey messina --key ~/messina.key --new-key ~/messina-2.key",
  );
  run(rekey, async (context, [uuid = ""], flags: RekeyFlags) => {
    const { projects, projectKeys } = context.client();
    const { name, uuid: id } = await projects.show({ params: { uuid } });
    await context.confirm(
      `The boards of ${name} follow to another key, and take nothing any more that the present one signs.`,
      name,
    );
    const { body, signed } = await bringNext(context, id, flags);
    const { key, level } = await projectKeys.rekey({ params: { uuid: id }, body });
    await bringRest(context, id, signed);
    context.out.thing({ key, level }, [
      ["project", name],
      ["key", key],
      ["held", level === "sealed" ? `by its owner, in ${flags.newKey}` : "by the cloud: managed"],
    ]);
  });
};

/** Adds `key`, `seal` and `rekey`. */
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
      ["number", `${key.number}, of those that the project has had`],
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
    const signed = await signAll(context, id, key, async () => true);
    const sealed = await projectKeys.seal({
      params: { uuid: id },
      body: { key: key.publicKey, proof: await proveKey(key), signatures: withKey(signed) },
    });
    await bringRest(context, id, signed);
    context.out.thing(sealed, [
      ["sealed", name],
      ["key", sealed.key],
      ["file", `${flags.key}: keep it safe, and a copy elsewhere`],
    ]);
  });

  addRekey(project);
};
