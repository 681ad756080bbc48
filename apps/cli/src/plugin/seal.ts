// The project's key: who holds it, handing it over to its owner for good, and putting another in its place.
import { existsSync } from "node:fs";
import { isS4tError } from "@s4t/kit";
import {
  fail,
  isRetryable,
  nameSuccessor,
  type PluginVersion,
  type ProjectKey,
  proveKey,
  verifyVersion,
} from "@s4t/sdk";
import { carryBoardsOver } from "@s4t/sdk/node";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";
import { ageText } from "../output.ts";
import { openKeyFile, readKeyFile } from "./key-file.ts";
import { patiently } from "./patience.ts";
import { bringRest, signAll, withKey } from "./signing.ts";

interface RekeyFlags {
  readonly key?: string;
  readonly newKey?: string;
}

/**
 * Makes an owner's key the project's. An answer that was lost says nothing: whose key the project has does. Where that cannot be
 * asked either, it says that the file may be needed by now, and throws what `change` threw.
 */
const makeGood = async (
  context: Context,
  uuid: string,
  { key, file }: { readonly key: string; readonly file: string },
  change: () => Promise<ProjectKey>,
): Promise<ProjectKey> => {
  try {
    return await change();
  } catch (error) {
    if (!isRetryable(error) && !isS4tError(error, "request.canceled")) throw error;
    const { projectKeys } = context.lastingClient();
    const show = () => projectKeys.show({ params: { uuid } });
    const present = await patiently(context, show).catch(() => undefined);
    if (present?.key === key) return present;
    if (!present)
      context.out.line(
        `Keep ${file}: it may be the project's key by now. s4t project key ${uuid} tells.`,
      );
    throw error;
  }
};

/** What an owner brings: the next key, named by the present one, and what it signs. */
const bringNext = async (context: Context, project: string, { key, newKey }: RekeyFlags) => {
  if (key === undefined && newKey === undefined) return undefined;
  if (key === undefined || newKey === undefined)
    throw fail("config.invalid", {
      setting: key === undefined ? "--key" : "--new-key",
      because: "is needed too: the present key names the next one",
    });
  const present = await readKeyFile(key);
  // What it has signed and an interruption kept here is the present key's too.
  await bringRest(context, project, key, present.publicKey);
  const next = await openKeyFile(newKey);
  await carryBoardsOver(key, newKey);
  let others = 0;
  // Only what the present key has signed: of what else is there, the owner knows nothing.
  const isMine = async ({ version, signature }: PluginVersion): Promise<boolean> => {
    if (signature?.key === present.publicKey && (await verifyVersion(version, signature)))
      return true;
    others += 1;
    return false;
  };
  const signed = await signAll(context, project, next, isMine);
  if (others > 0)
    context.out.line(`${others} versions that the present key has not signed are left out.`);
  const body = {
    next: {
      key: next.publicKey,
      proof: await proveKey(next),
      named: await nameSuccessor(next.publicKey, present),
      signatures: withKey(newKey, project, signed),
    },
  };
  return { body, key: next.publicKey, file: newKey };
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
    const next = await bringNext(context, id, flags);
    const params = { uuid: id };
    const { key, level } = next
      ? await makeGood(context, id, next, () => projectKeys.rekey({ params, body: next.body }))
      : await projectKeys.rekey({ params, body: {} });
    context.out.thing({ key, level }, [
      ["project", name],
      ["key", key],
      ["held", level === "sealed" ? `by its owner, in ${flags.newKey}` : "by the cloud: managed"],
    ]);
    if (next) await bringRest(context, id, next.file, next.key);
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
    const tell = (sealed: ProjectKey): void =>
      context.out.thing(sealed, [
        ["sealed", name],
        ["key", sealed.key],
        ["file", `${flags.key}: keep it safe, and a copy elsewhere`],
      ]);
    const present = await projectKeys.show({ params: { uuid: id } });
    if (present.level === "sealed") {
      // By this very key: what an interruption left is done now.
      const isMine =
        existsSync(flags.key) && (await readKeyFile(flags.key)).publicKey === present.key;
      if (!isMine) throw fail("project.sealed");
      tell(present);
      await bringRest(context, id, flags.key, present.key);
      return;
    }
    await context.confirm(
      `From now on only what ${flags.key} signs runs on the boards of ${name}. Who loses that file cannot change them any more.`,
      name,
    );
    const key = await openKeyFile(flags.key);
    const signed = await signAll(context, id, key, async () => true);
    const body = {
      ...{ key: key.publicKey, proof: await proveKey(key) },
      signatures: withKey(flags.key, id, signed),
    };
    const mine = { key: key.publicKey, file: flags.key };
    tell(await makeGood(context, id, mine, () => projectKeys.seal({ params: { uuid: id }, body })));
    await bringRest(context, id, flags.key, key.publicKey);
  });

  addRekey(project);
};
