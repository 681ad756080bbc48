// Plugins in a real browser: written in the editor, run on a board within the page, called from the board's page.
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
}, 60_000);
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
}, 60_000);

describe.each(themes)("in the %s theme", (theme) => {
  it.each(widths)(
    "every page of plugins is sound %i pixels wide",
    async (width) => {
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
    },
    60_000,
  );
});
