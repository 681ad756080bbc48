// A project's key in a real browser: seen, replaced, and taken over by its owner, which no page does; and versions that nobody needs.
import {
  createClient,
  createOwnerKey,
  createPlugin,
  packPlugin,
  proveKey,
  signVersion,
} from "@s4t/sdk";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  accessibilityFaults,
  enter,
  launchBrowser,
  overflowOf,
  takePicture,
  themes,
  visit,
  widths,
} from "./portal/browser.ts";
import { openStage, type Stage } from "./portal/stage.ts";
import { until } from "./s4t.ts";

const password = "correct horse battery staple";
let stage: Stage;
let browser: Browser;
let board = "";
let project = "";

const clientOf = async () =>
  createClient({ url: stage.cloud().url, auth: await stage.cloud().signIn() });
const pack = (word: string) =>
  packPlugin(
    [{ path: "word.mjs", bytes: new TextEncoder().encode(`export default () => "${word}";\n`) }],
    { name: "word", runtime: "node", mode: "sync", entry: "word.mjs" },
  );
const says = async (word: string): Promise<void> => {
  const client = await clientOf();
  const params = { uuid: board, plugin: "word" };
  await until(
    () =>
      client.injections
        .call({ params, wait: 20, body: {} })
        .then(({ result }) => (result as { result?: unknown } | null)?.result)
        .catch(() => undefined),
    (answer) => answer === word,
    60_000,
  );
};

beforeAll(async () => {
  stage = await openStage();
  browser = await launchBrowser();
  board = await stage.addBoard("garibaldi-12");
  const client = await clientOf();
  await createPlugin(client, await pack("one"));
  const { plugin } = await createPlugin(client, await pack("two"));
  project = plugin.project;
  await client.injections.inject({
    params: { uuid: board, plugin: "word" },
    body: { version: "1" },
  });
  await says("one");
  const { url } = stage.cloud();
  expect(url).toContain("127.0.0.1");
  await client.users.create({ body: { name: "anna", password } });
  await client.projects.setMember({
    params: { uuid: project, user: "anna" },
    body: { role: "user" },
  });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const path = () => `/app/default/access/projects?open=${project}`;
const asAdmin = async (at = path(), look = {}) => {
  const made = await visit(browser, stage.cloud().url, look);
  await enter(made, stage.admin.username, stage.admin.password, at);
  return made;
};
const keyNow = async () => (await clientOf()).projectKeys.show({ params: { uuid: project } });
const fingerprint = (key: string): string => key.slice(0, 16).replace(/(.{4})(?=.)/g, "$1 ");

/** What is wrong with the page of the key in every look, each left as a picture. */
const looksOf = async (name: string, heading: RegExp): Promise<string[]> => {
  const faults: string[] = [];
  for (const theme of themes)
    for (const width of widths) {
      const language = theme === "dark" && width < 760 ? "it" : "en";
      const made = await asAdmin(path(), { theme, width, language });
      await made.page.getByRole("heading", { name: heading }).waitFor();
      await made.page.waitForTimeout(700);
      const where = `${name}-${theme}-${width}-${language}`;
      faults.push(...(await accessibilityFaults(made.page)).map((fault) => `${where}: ${fault}`));
      const beyond = await overflowOf(made.page);
      if (beyond > 0) faults.push(`${where}: ${beyond} px too wide`);
      await takePicture(made.page, where);
      faults.push(...made.complaints);
      await made.context.close();
    }
  return faults;
};

it("a managed project's key is shown, and replaced by who has typed the project's name; what runs goes on", async () => {
  const before = await keyNow();
  const made = await asAdmin();
  const { page } = made;
  const card = page.getByRole("region", { name: "Key of default" });
  await card.getByText("Managed: by the cloud").waitFor();
  await card.getByText(fingerprint(before.key)).waitFor();
  await card.getByText("1: the first").waitFor();
  await card.getByText("./s4t project seal default --key ~/default.key").waitFor();
  await card.getByText("This is no button on purpose.").waitFor();
  await card.getByRole("button", { name: "Replace the key…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("A board that has followed takes nothing any more").waitFor();
  const replace = dialog.getByRole("button", { name: "Replace the key" });
  expect(await replace.getAttribute("aria-disabled")).toBe("true");
  await dialog.getByLabel("Type its name to go on").fill("defaul");
  await replace.click({ force: true });
  expect((await keyNow()).key).toBe(before.key);
  expect(await accessibilityFaults(page)).toEqual([]);
  await takePicture(page, "key-replace");
  await dialog.getByLabel("Type its name to go on").fill("default");
  await replace.click();
  await page.getByText("default has its key number 2").waitFor();
  const after = await keyNow();
  expect([after.number, after.key === before.key]).toEqual([2, false]);
  await card.getByText(fingerprint(after.key)).waitFor();
  await card.getByText("2: replaced once").waitFor();
  expect(made.complaints).toEqual([]);
  await made.context.close();
  // The board follows: it is told to do what it did, by the key that is in force.
  await until(
    async () => (await stage.cloud().call("GET", `/api/boards/${board}/target`)).body,
    ({ wanted, reached }) => wanted === reached,
    30_000,
  );
  await says("one");
  expect(await looksOf("key-managed", /^(Key of|Chiave di) default$/)).toEqual([]);
}, 180_000);

it("who may not replace it sees why not", async () => {
  const made = await visit(browser, stage.cloud().url);
  await enter(made, "anna", password, path());
  const button = made.page.getByRole("button", { name: "Replace the key…" });
  await button.waitFor();
  expect(await button.getAttribute("aria-disabled")).toBe("true");
  expect((await button.getAttribute("title"))?.length).toBeGreaterThan(10);
  await made.context.close();
  expect(made.complaints).toEqual([]);
}, 60_000);

it("an earlier version goes once no board has it, and the page says so before", async () => {
  const made = await asAdmin("/app/default/plugins/word?version=1");
  const { page } = made;
  const remove = async () => {
    await page.getByRole("button", { name: "Remove this version…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  };
  await remove();
  await page.getByRole("dialog").getByText("plugin.version-in-use").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  const client = await clientOf();
  await client.injections.inject({
    params: { uuid: board, plugin: "word" },
    body: { version: "latest" },
  });
  await says("two");
  await remove();
  await page.waitForURL((url) => url.search === "");
  const versions = page.getByRole("region", { name: "Versions" });
  await expect.poll(() => versions.getByRole("listitem").count()).toBe(1);
  const left = await client.plugins.versions({ params: { uuid: "word" }, query: {} });
  expect(left.items.map(({ number }) => number)).toEqual([2]);
  // The latest stays: nothing is offered.
  expect(await page.getByRole("button", { name: "Remove this version…" }).count()).toBe(0);
  expect(made.complaints).toEqual([]);
  await made.context.close();
}, 90_000);

it("a sealed project's key is its owner's: the page tells whose and how, and replaces nothing", async () => {
  const owner = await createOwnerKey();
  const { version } = await pack("two");
  await (await clientOf()).projectKeys.seal({
    params: { uuid: project },
    body: {
      key: owner.publicKey,
      proof: await proveKey(owner),
      signatures: { [version]: (await signVersion(version, owner)).signature },
    },
  });
  const made = await asAdmin();
  const card = made.page.getByRole("region", { name: "Key of default" });
  await card.getByText("Sealed: by its owner").waitFor();
  await card.getByText(fingerprint(owner.publicKey)).waitFor();
  await card
    .getByText("./s4t project rekey default --key ~/default.key --new-key ~/default-2.key")
    .waitFor();
  expect(await made.page.getByRole("button", { name: "Replace the key…" }).count()).toBe(0);
  expect(made.complaints).toEqual([]);
  await made.context.close();
  await says("two");
  expect(await looksOf("key-sealed", /^(Key of|Chiave di) default$/)).toEqual([]);
}, 180_000);
