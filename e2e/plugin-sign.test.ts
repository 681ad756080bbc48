// A version that the project's key has not signed, on a sealed project: it is put on no board until its owner has looked at it and
// signed it, and then it runs there.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createOwnerKey, proveKey } from "@s4t/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 60_000);
afterAll(() => stage?.end());

const file = (name: string, text: string): string => {
  const path = join(stage.folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};
const json = async (line: string) => {
  const { code, out, err } = await stage.s4t(`${line} --json`);
  expect([line, code, err]).toEqual([line, 0, ""]);
  return JSON.parse(out);
};
const refused = async (line: string, exit: number, because: string): Promise<void> => {
  const { code, err } = await stage.s4t(line);
  expect([line, code, err]).toEqual([line, exit, expect.stringContaining(because)]);
};

it("what nobody signed is put on no board; signed by its owner it runs", async () => {
  const greet = file("greet.mjs", 'export default () => "hello";\n');
  const made = await json(`plugin create ${greet} --name greet`);
  // Sealed by an owner who has looked at nothing yet.
  const key = await createOwnerKey();
  const sealed = await stage.cloud.call("POST", "/api/projects/default/seal", {
    ...{ key: key.publicKey, proof: await proveKey(key), signatures: {} },
  });
  expect(sealed.status, sealed.text).toBe(200);
  await until(
    async () => (await stage.cloud.call("GET", `/api/boards/${stage.uuid}/target`)).body,
    ({ wanted, reached }) => wanted === reached,
    30_000,
  );
  const owner = file("owner.key", JSON.stringify(key));

  await refused("plugin inject lamp greet", 77, "plugin.unsigned");
  await refused("plugin verify greet", 77, "plugin.signature-invalid");
  const unsigned = await stage.s4t("plugin show greet");
  expect(unsigned.out).toContain("not by the project's present key");
  const [before] = await json("plugin versions greet");
  expect(before).toMatchObject({ version: made.latest.version, signature: null });

  // Not what the owner has here; not with a key that is not the project's.
  const other = file("other.mjs", 'export default () => "thief";\n');
  await refused(`plugin sign greet --key ${owner} --source ${other}`, 65, "plugin.damaged");
  const foreign = file("foreign.key", JSON.stringify(await createOwnerKey()));
  await refused(`plugin sign greet --key ${foreign}`, 77, "plugin.signature-invalid");
  await refused("plugin inject lamp greet", 77, "plugin.unsigned");

  const signed = await json(`plugin sign greet --key ${owner}`);
  expect(signed.signature.key).toBe(key.publicKey);
  expect(await json("plugin verify greet")).toMatchObject({ status: "verified" });
  await json("plugin inject lamp greet");
  expect((await json("plugin call lamp greet")).result.result).toBe("hello");
}, 120_000);
