// Fleets in a real browser: made, filled, looked at, emptied and removed; sound in both themes and widths.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  accessibilityFaults,
  enter,
  launchBrowser,
  overflowOf,
  takePicture,
  themes,
  type Visit,
  visit,
  widths,
} from "./portal/browser.ts";
import { openStage, type Stage } from "./portal/stage.ts";

let stage: Stage;
let browser: Browser;
beforeAll(async () => {
  stage = await openStage();
  browser = await launchBrowser();
  for (const name of ["bus-118", "bus-119", "lamp-7"])
    await stage.cloud().call("POST", "/api/boards", { name });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const open = async (path: string, look = {}): Promise<Visit> => {
  const made = await visit(browser, stage.cloud().url, look);
  const { username, password } = stage.admin;
  await enter(made, username, password, path);
  return made;
};
const boardOf = async (name: string) =>
  (await stage.cloud().call("GET", `/api/boards/${name}`)).body;

it("a fleet is made, filled, given as primary, emptied and removed", async () => {
  const made = await open("/app/default/fleets");
  const { page } = made;
  await page.getByRole("button", { name: "New fleet" }).first().click();
  await page.getByLabel("Name").fill("buses");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("link", { name: "buses" }).click();

  await page.getByRole("button", { name: "Add boards" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name, id or address").fill("bus-");
  await dialog.getByRole("button", { name: "Add bus-118" }).click();
  await dialog.getByText("is in it").waitFor();
  await dialog.getByLabel("As their primary fleet").uncheck();
  await dialog.getByRole("button", { name: "Add bus-119" }).click();
  await expect.poll(async () => (await boardOf("bus-119")).fleets[0]?.priority).toBe(100);
  expect((await boardOf("bus-118")).fleets).toMatchObject([{ name: "buses", priority: 0 }]);
  // What is looked for is what is offered: the third board is not.
  expect(await dialog.getByText("lamp-7").count()).toBe(0);
  await dialog.getByRole("button", { name: "Close" }).last().click();

  // From the board's own page: primary there too, and its way back.
  await page.getByRole("link", { name: "bus-119" }).click();
  await page.getByText("priority 100").waitFor();
  await page.getByRole("button", { name: "Actions on buses" }).click();
  await page.getByRole("menuitem", { name: "Make it the primary fleet" }).click();
  await page.getByText("primary", { exact: true }).waitFor();
  expect((await boardOf("bus-119")).fleets).toMatchObject([{ name: "buses", priority: 0 }]);
  await page.getByRole("link", { name: "buses" }).click();

  for (const name of ["bus-118", "bus-119"]) {
    await page.getByRole("button", { name: `Actions on ${name}` }).click();
    await page.getByRole("menuitem", { name: "Take out of the fleet" }).click();
    await expect.poll(async () => (await boardOf(name)).fleets).toEqual([]);
  }
  await page.getByText("No boards in it yet.").waitFor();
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await page.getByText("No fleets yet.").waitFor();
  expect(made.complaints).toEqual([]);
  await made.context.close();
});

it("the list takes a query, says where one is none, and offers what could come next", async () => {
  await stage.cloud().call("POST", "/api/fleets", { name: "via Garibaldi" });
  await stage.cloud().call("PUT", "/api/boards/lamp-7/fleets/via%20Garibaldi", {});
  const made = await open("/app/default/boards");
  const { page } = made;
  await page.getByRole("row").filter({ hasText: "bus-118" }).waitFor();
  const input = page.getByRole("searchbox", { name: "Name, id or address" });
  await input.fill("(bus or");
  await page.getByText("Not yet a query, at character 8: a term is missing.").waitFor();
  // What is no query changes nothing yet.
  expect(new URL(page.url()).search).toBe("");
  await input.fill("-name:bus-118 fl");
  await page.getByRole("button", { name: "fleet:", exact: true }).click();
  await page.getByRole("button", { name: /Garibaldi/ }).click();
  expect(await input.inputValue()).toBe('-name:bus-118 fleet:"via Garibaldi"');
  await page.getByRole("row").filter({ hasText: "bus-119" }).waitFor({ state: "detached" });
  await page.getByRole("row").filter({ hasText: "lamp-7" }).waitFor();
  expect(new URL(page.url()).searchParams.get("q")).toBe('-name:bus-118 fleet:"via Garibaldi"');
  await page.getByText("Query", { exact: true }).click();
  expect(await accessibilityFaults(page)).toEqual([]);
  await takePicture(page, "boards-query", false);
  expect(made.complaints).toEqual([]);
  await made.context.close();
});

it("shows what others change while it is open", async () => {
  const fleet = (await stage.cloud().call("POST", "/api/fleets", { name: "live" })).body;
  const made = await open("/app/default/fleets");
  const row = made.page.getByRole("row").filter({ hasText: "live" });
  await row.waitFor();
  await stage.cloud().call("PATCH", "/api/boards/lamp-7", { fleet: fleet.uuid });
  await row.getByText("1", { exact: true }).waitFor();
  expect(made.complaints).toEqual([]);
  await made.context.close();
});

describe.each(themes)("in the %s theme", (theme) => {
  it.each(widths)("every page of fleets is sound %i pixels wide", async (width) => {
    const description = "Everything that stands in Via Garibaldi";
    const body = { name: `garibaldi-${theme}-${width}`, description };
    const fleet = (await stage.cloud().call("POST", "/api/fleets", body)).body;
    for (const name of ["bus-118", "bus-119", "lamp-7"])
      await stage.cloud().call("PUT", `/api/boards/${name}/fleets/${fleet.uuid}`, {});
    const { uuid } = await boardOf("bus-118");
    const language = theme === "dark" && width < 760 ? "it" : "en";
    const made = await open("/app/default/fleets", { theme, width, language });
    const { page } = made;
    const faults: string[] = [];
    for (const [name, path] of [
      ["fleets", "/app/default/fleets"],
      ["fleet", `/app/default/fleets/${fleet.uuid}`],
      ["board-fleets", `/app/default/boards/${uuid}`],
    ] as const) {
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
