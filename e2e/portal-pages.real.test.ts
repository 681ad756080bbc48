// Every page in both themes, on a desk and on a phone, in English and Italian: nothing is wrong for whoever cannot see it,
// nothing is wider than the window, nothing leaves the origin. The pictures are left in `test-results/portal`.
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

/** Simulated boards, so that list and map have something to show. */
const simulatedBoards = 20;

let stage: Stage;
let browser: Browser;
let board = "";

beforeAll(async () => {
  stage = await openStage(["--demo", String(simulatedBoards)]);
  browser = await launchBrowser();
  board = await stage.addBoard("garibaldi-12");
  await stage.cloud().call("PATCH", `/api/boards/${board}`, {
    location: { latitude: 38.1938, longitude: 15.554, address: "Via Garibaldi 12, Messina" },
    labels: { fleet: "environment", pilot: "" },
  });
  await stage.cloud().call("POST", `/api/boards/${board}/ping`, {});
  await stage.cloud().call("POST", "/api/boards", { name: "not-yet-there" });
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const pages = (): readonly (readonly [name: string, path: string])[] => [
  ["boards", "/app/default/boards"],
  ["boards-none", "/app/default/boards?q=nothing-like-it"],
  ["board", `/app/default/boards/${board}`],
  ["board-sensors", `/app/default/boards/${board}?section=sensors`],
  ["board-target", `/app/default/boards/${board}?section=target`],
  ["board-timeline", `/app/default/boards/${board}?section=timeline`],
  ["board-details", `/app/default/boards/${board}?section=details`],
  ["map", "/app/default/map"],
  ["enrol", "/app/default/enrol"],
  ["users", "/app/default/access/users"],
  ["projects", "/app/default/access/projects"],
  ["sessions", "/app/default/access/sessions"],
  ["audit", "/app/default/audit"],
  ["all-projects", "/app/all/boards"],
  ["nothing-here", "/app/default/boards/00000000-0000-4000-8000-000000000000"],
];

describe.each(themes)("in the %s theme", (theme) => {
  it.each(widths)("every page is sound %i pixels wide", async (width) => {
    const language = theme === "dark" && width < 760 ? "it" : "en";
    const made = await visit(browser, stage.cloud().url, { theme, width, language });
    const { page } = made;
    const faults: string[] = [];
    const look = async (name: string) => {
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      // Skeletons, fonts and the first values have come by then.
      await page.waitForTimeout(name === "board" ? 2_500 : 700);
      faults.push(...(await accessibilityFaults(page)).map((fault) => `${name}: ${fault}`));
      const beyond = await overflowOf(page);
      if (beyond > 0) faults.push(`${name}: ${beyond} px too wide`);
      await takePicture(page, `${name}-${theme}-${width}-${language}`);
    };
    await page.goto("/app/sign-in");
    await look("sign-in");
    await enter(made, stage.admin.username, stage.admin.password);
    for (const [name, path] of pages()) {
      await page.goto(path);
      await look(name);
    }
    await page.keyboard.press("Control+K");
    await page.getByRole("combobox").fill("gari");
    await look("palette");
    await made.context.close();
    expect([...faults, ...made.complaints]).toEqual([]);
  });
});

it("marks simulated boards as such, in the list, on the map and on their page", async () => {
  const made = await visit(browser, stage.cloud().url);
  await enter(made, stage.admin.username, stage.admin.password, "/app/default/boards");
  await expect
    .poll(() => made.page.getByText("simulated", { exact: true }).count())
    .toBe(simulatedBoards);
  await made.page.goto("/app/default/map");
  await expect
    .poll(() => made.page.getByText("simulated", { exact: true }).count())
    .toBe(simulatedBoards);
  await made.page.goto("/app/default/boards");
  await made.page.getByText("simulated", { exact: true }).first().click();
  await made.page.waitForURL("**/boards/*-*");
  await made.page.getByText("simulated", { exact: true }).first().waitFor();
  await made.context.close();
  expect(made.complaints).toEqual([]);
});

describe.each(themes)("the page of the API in the %s theme", (theme) => {
  it("opens an operation, and asks nothing of any other origin", async () => {
    const made = await visit(browser, stage.cloud().url, { theme });
    const { page } = made;
    await page.goto("/api/docs");
    await page.getByText("boards", { exact: true }).first().click({ timeout: 30_000 });
    await page.getByText("List boards").first().click();
    await page.getByRole("heading", { name: "List boards" }).first().waitFor();
    expect(await page.getByText(/Ask AI|Generate MCP|Developer Tools/).count()).toBe(0);
    await page.waitForTimeout(1_500);
    await takePicture(page, `api-${theme}`, false);
    await made.context.close();
    expect(made.complaints).toEqual([]);
  });
});
