// Plugins in a real browser: written in the editor, run on a board within the page, called from the board's page.
import { createClient, createPlugin, packPlugin } from "@s4t/sdk";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

let stage: Stage;
let browser: Browser;
let board = "";

beforeAll(async () => {
  stage = await openStage();
  browser = await launchBrowser();
  board = await stage.addBoard("garibaldi-12");
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

it("a plugin is written, saved and run on a board beside the editor", async () => {
  const made = await visit(browser, stage.cloud().url);
  const { page } = made;
  await enter(made, stage.admin.username, stage.admin.password, "/app/default/plugins/new");
  await page.getByLabel("Name", { exact: true }).first().fill("hello");
  await page.getByRole("textbox", { name: "Editor of main.mjs" }).waitFor();
  await takePicture(page, "plugin-new");
  await page.getByRole("button", { name: "Save and run" }).click();
  await page.getByText('"hello": "world"').waitFor({ timeout: 30_000 });
  await page.getByText("greeting world").waitFor();
  await takePicture(page, "plugin-ran");
  expect(made.complaints).toEqual([]);
  await made.context.close();
}, 90_000);

it("the board's page calls it, and says what is wrong before anything is sent", async () => {
  const made = await visit(browser, stage.cloud().url);
  const { page } = made;
  const path = `/app/default/boards/${board}?section=plugins&plugin=hello`;
  await enter(made, stage.admin.username, stage.admin.password, path);
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("");
  await page.getByText("This is needed.").waitFor();
  await name.fill("Messina");
  await page.getByRole("button", { name: "Call" }).click();
  await page.getByText('"hello": "Messina"').waitFor();
  await page.getByText("greeting Messina").waitFor();
  expect(made.complaints).toEqual([]);
  await made.context.close();
});

it("a Python plugin that runs until it is stopped is injected by its dialog, started, restarted, stopped, seen to fail, and taken off", async () => {
  const client = createClient({ url: stage.cloud().url, auth: await stage.cloud().signIn() });
  const source = `def main(params, ctx):
    ctx.log.info("begun in", params["street"])
    if params["street"] == "nowhere":
        raise ValueError("no such street")
    ctx.stopping.wait()
`;
  const parameters = {
    type: "object",
    properties: { street: { type: "string", title: "Street", default: "Via Garibaldi" } },
  } as const;
  await createPlugin(
    client,
    await packPlugin([{ path: "ticker.py", bytes: new TextEncoder().encode(source) }], {
      ...{ name: "ticker", runtime: "python", mode: "async", entry: "ticker.py", parameters },
    }),
  );
  const made = await visit(browser, stage.cloud().url);
  const { page } = made;
  const path = `/app/default/boards/${board}?section=plugins`;
  await enter(made, stage.admin.username, stage.admin.password, path);
  await page.getByRole("button", { name: "Inject a plugin" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Plugin", { exact: true }).selectOption({ label: "ticker" });
  await dialog.getByLabel("Street").fill("Via Cavour");
  await takePicture(page, "plugin-inject");
  await dialog.getByRole("button", { name: "Inject a plugin" }).click();
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const row = page.getByRole("row").filter({ hasText: "ticker" });
  await button("Start").click();
  await row.getByText("Running", { exact: true }).waitFor();
  await page.getByText("begun in Via Cavour").waitFor();
  await takePicture(page, "plugin-running");
  await button("Restart").click();
  await expect
    .poll(() => page.getByText("begun in Via Cavour").count(), { timeout: 20_000 })
    .toBe(2);
  await button("Stop").click();
  await page.getByText(/^Stopped .*·/).waitFor();
  // Other parameters, by the same dialog: it fails, and the page says why.
  await page.getByRole("button", { name: "More actions" }).last().click();
  await page.getByRole("menuitem", { name: "Version and settings…" }).click();
  await dialog.getByLabel("Street").fill("nowhere");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await button("Start").click();
  await page.getByText("no such street").first().waitFor();
  await takePicture(page, "plugin-failed");
  await page.getByRole("button", { name: "More actions" }).last().click();
  await page.getByRole("menuitem", { name: "Take off the board" }).click();
  await dialog.getByRole("button", { name: "Remove" }).click();
  await row.waitFor({ state: "detached" });
  expect(made.complaints).toEqual([]);
  await made.context.close();
}, 120_000);

it("a call that nobody wants any more is canceled by its button, and the plugin hears it", async () => {
  const client = createClient({ url: stage.cloud().url, auth: await stage.cloud().signIn() });
  const source = `def main(params, ctx):
    ctx.log.info("begun to wait")
    ctx.stopping.wait(25)
    ctx.log.info("heard it" if ctx.stopping.is_set() else "heard nothing")
`;
  const { plugin } = await createPlugin(
    client,
    await packPlugin([{ path: "patient.py", bytes: new TextEncoder().encode(source) }], {
      ...{ name: "patient", runtime: "python", mode: "sync", entry: "patient.py" },
    }),
  );
  await client.injections.inject({
    params: { uuid: board, plugin: plugin.uuid },
    body: { version: "latest" },
  });
  const made = await visit(browser, stage.cloud().url);
  const { page } = made;
  const path = `/app/default/boards/${board}?section=plugins&plugin=patient`;
  await enter(made, stage.admin.username, stage.admin.password, path);
  const call = page.getByRole("button", { name: "Call", exact: true });
  await expect.poll(() => call.isEnabled(), { timeout: 20_000 }).toBe(true);
  await call.click();
  await page.getByText("begun to wait").waitFor();
  await page.getByRole("button", { name: "Cancel the call" }).click();
  await page.getByRole("region", { name: "Result" }).getByText("Canceled").first().waitFor();
  await page.getByText("heard it", { exact: true }).waitFor();
  const operations = await client.operations.list({ query: { status: "canceled" } });
  expect(operations.items.map(({ name }) => name)).toEqual(["injection.call"]);
  expect(made.complaints).toEqual([]);
  await made.context.close();
}, 90_000);

it("the editor's own cancel ends a run on a board, also of a plugin that hears nothing", async () => {
  const client = createClient({ url: stage.cloud().url, auth: await stage.cloud().signIn() });
  const source = `import time

def main(params, ctx):
    for n in range(3_000):
        print("tick", n, flush=True)
        time.sleep(0.1)
`;
  const { plugin } = await createPlugin(
    client,
    await packPlugin([{ path: "deaf.py", bytes: new TextEncoder().encode(source) }], {
      ...{ name: "deaf", runtime: "python", mode: "sync", entry: "deaf.py" },
    }),
  );
  const params = { uuid: board, plugin: "deaf" };
  /** How many lines it has written by now. */
  const ticks = async (): Promise<number> =>
    (await client.injections.lines({ params, query: { count: 1_000 } })).lines.length;
  const made = await visit(browser, stage.cloud().url);
  const { page } = made;
  const path = `/app/default/plugins/${plugin.uuid}/edit`;
  await enter(made, stage.admin.username, stage.admin.password, path);
  await page.getByRole("textbox", { name: "Editor of deaf.py" }).waitFor();
  await page.getByRole("button", { name: "Save and run" }).click();
  const cancel = page.getByRole("button", { name: "Cancel the call" });
  await cancel.waitFor({ timeout: 30_000 });
  await expect.poll(ticks, { timeout: 20_000 }).toBeGreaterThan(3);
  await takePicture(page, "plugin-run-cancel");
  await cancel.click();
  await page.getByRole("region", { name: "Result" }).getByText("Canceled").first().waitFor();
  await cancel.waitFor({ state: "detached" });
  // A second is left to a plugin to end by itself; this one does not.
  await page.waitForTimeout(2_500);
  const then = await ticks();
  await page.waitForTimeout(2_000);
  expect(await ticks()).toBe(then);
  const { items } = await client.operations.list({ query: { status: "canceled" } });
  expect(items[0]).toMatchObject({ name: "injection.call", status: "canceled" });
  // It can be run again at once.
  await page.getByRole("button", { name: "Save and run" }).click();
  await cancel.waitFor({ timeout: 30_000 });
  await expect.poll(ticks, { timeout: 20_000 }).toBeGreaterThan(then);
  await cancel.click();
  await cancel.waitFor({ state: "detached" });
  expect(made.complaints).toEqual([]);
  await made.context.close();
}, 120_000);

describe.each(themes)("in the %s theme", (theme) => {
  it.each(widths)("every page of plugins is sound %i pixels wide", async (width) => {
    const language = theme === "dark" && width < 760 ? "it" : "en";
    const made = await visit(browser, stage.cloud().url, { theme, width, language });
    const { page } = made;
    await enter(made, stage.admin.username, stage.admin.password);
    const { items } = (await stage.cloud().call("GET", "/api/plugins")).body;
    const faults: string[] = [];
    const paths = [
      ["plugins", "/app/default/plugins"],
      ["plugin", `/app/default/plugins/${items[0]?.uuid}`],
      ["plugin-edit", `/app/default/plugins/${items[0]?.uuid}/edit`],
      ["plugin-new", "/app/default/plugins/new"],
      ["board-plugins", `/app/default/boards/${board}?section=plugins&plugin=hello`],
    ] as const;
    for (const [name, path] of paths) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      await page.waitForTimeout(1_500);
      faults.push(...(await accessibilityFaults(page)).map((fault) => `${name}: ${fault}`));
      const beyond = await overflowOf(page);
      if (beyond > 0) faults.push(`${name}: ${beyond} px too wide`);
      await takePicture(page, `${name}-${theme}-${width}-${language}`);
    }
    await made.context.close();
    expect([...faults, ...made.complaints]).toEqual([]);
  });
});
