// A call that nobody wants any more: the word goes from whoever says so through the cloud and the board into the plugin.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { heardFrom, openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

let stage: Stage;

/** It waits to be told, and says when it was: what it wrote then is the proof. */
const python = `def main(params, ctx):
    ctx.log.info("begun", params["who"])
    ctx.stopping.wait(250)
    ctx.log.info("heard" if ctx.stopping.is_set() else "heard nothing", params["who"])
`;
const node = `export default async ({ who }, { log, signal }) => {
  log.info("begun", who);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  log.info("heard", who);
};
`;

const json = async (line: string) => {
  const { code, out, err } = await stage.s4t(`${line} --json`);
  expect([line, code], err).toEqual([line, 0]);
  return JSON.parse(out);
};
beforeAll(async () => {
  stage = await openStage();
  for (const [name, text] of [
    ["patient.py", python],
    ["patient-too.mjs", node],
  ] as const) {
    const path = join(stage.folder, name);
    writeFileSync(path, text);
    // Its own limit would tell it to stop, too: far off.
    await json(`plugin create ${path} --timeout 300`);
    await json(`plugin inject lamp ${name.split(".")[0]}`);
  }
}, 120_000);
afterAll(() => stage.end());

/** A call that waits on the board; its operation, and how the command ends. */
const begin = async (plugin: string, who: string) => {
  const child = stage.start(`plugin call lamp ${plugin} --params '{"who":"${who}"}' --json`);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const heard = heardFrom(child);
  const err = await until(heard.err, (text) => /operation [0-9a-f-]{36}/.test(text), 30_000);
  const uuid = /operation ([0-9a-f-]{36})/.exec(err)?.[1] ?? "";
  await lineSays(plugin, `begun ${who}`);
  return { child, ended, heard, uuid };
};
const lineSays = (plugin: string, text: string): Promise<string> =>
  until(
    async () => (await stage.s4t(`plugin logs lamp ${plugin}`)).out,
    (lines) => lines.includes(text),
    20_000,
  );
const stateOf = async (uuid: string): Promise<string> =>
  (await stage.cloud.call("GET", `/api/operations/${uuid}`)).body.status;

it.each(["patient", "patient-too"])(
  "Ctrl-C cancels the call, and the plugin hears it: %s",
  async (plugin) => {
    const { child, ended, heard, uuid } = await begin(plugin, "ctrl-c");
    expect(await stateOf(uuid)).toBe("running");
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(await stateOf(uuid)).toBe("canceled");
    expect(JSON.parse(heard.out())).toMatchObject({ uuid, status: "canceled" });
    expect(heard.err()).toContain(`Operation ${uuid} was canceled`);
    await lineSays(plugin, "heard ctrl-c");
  },
  90_000,
);

it("so it does when the call has just been sent", async () => {
  const child = stage.start(`plugin call lamp patient --params '{"who":"early"}'`);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const heard = heardFrom(child);
  await lineSays("patient", "begun early");
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  const uuid = /Operation ([0-9a-f-]{36}) was canceled/.exec(heard.err())?.[1] ?? "";
  expect(await stateOf(uuid)).toBe("canceled");
  await lineSays("patient", "heard early");
}, 90_000);

it("op cancel does the same from elsewhere, once, and who waits for the call hears of it", async () => {
  const { ended, heard, uuid } = await begin("patient", "another");
  expect(await json(`op cancel ${uuid}`)).toMatchObject({ uuid, status: "canceled" });
  expect(await ended).not.toBe(0);
  expect(heard.err()).toContain("request.canceled");
  await lineSays("patient", "heard another");
  const again = await stage.s4t(`op cancel ${uuid}`);
  expect(again.code).not.toBe(0);
  expect(again.err).toContain("cannot be canceled any more: it is canceled");
}, 90_000);
