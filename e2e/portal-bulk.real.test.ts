// Bulk operations in a real browser: boards are chosen by ticks or by a query, looked at, done, followed, and done again for those
// that failed; sound in both themes and widths.
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
const call = (method: string, path: string, body?: unknown) =>
  stage.cloud().call(method, path, body);
beforeAll(async () => {
  stage = await openStage();
  browser = await launchBrowser();
  for (const name of ["bus-118", "bus-119", "bus-120", "lamp-7"])
    await call("POST", "/api/boards", { name, labels: { kind: name.slice(0, 3) } });
  await call("POST", "/api/fleets", { name: "buses" });
  await stage.addBoard("garibaldi-12");
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
const fleetOf = async (name: string) =>
  (await call("GET", `/api/boards/${name}`)).body.fleets[0]?.name;

it("boards that a query finds are put into a fleet: looked at first, then done, then shown one by one", async () => {
  const made = await open("/app/default/boards?q=label.kind:bus");
  const { page } = made;
  await page.getByRole("button", { name: "With all that match" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What to do").selectOption("fleet.join");
  const look = dialog.getByRole("button", { name: "See what it would do" });
  expect(await look.getAttribute("aria-disabled")).toBe("true");
  await dialog.getByLabel("Fleet").selectOption({ label: "buses" });
  await look.click();
  await dialog.getByText("3 boards: it would be done").waitFor();
  await dialog.getByText("bus-118, bus-119, bus-120").waitFor();
  expect(await fleetOf("bus-118")).toBeUndefined();
  await dialog.getByRole("button", { name: "Do it with 3 boards" }).click();
  await page.getByRole("heading", { level: 1, name: "bulk fleet.join" }).waitFor();
  await page.getByText("3 Done").waitFor();
  await page.getByRole("row").filter({ hasText: "bus-119" }).waitFor();
  for (const name of ["bus-118", "bus-119", "bus-120"]) expect(await fleetOf(name)).toBe("buses");
  expect(await fleetOf("lamp-7")).toBeUndefined();
  expect(made.complaints).toEqual([]);
  await made.context.close();
});

it("ticked boards are asked for a sign of life; those that do not answer are asked again", async () => {
  const made = await open("/app/default/boards");
  const { page } = made;
  await page.getByRole("checkbox", { name: "Tick garibaldi-12" }).check();
  // By the keyboard, too: the row that has the focus.
  await page.getByRole("row").filter({ hasText: "lamp-7" }).focus();
  await page.keyboard.press("x");
  await page.getByRole("button", { name: "With 2 boards" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What to do").selectOption("board.ping");
  await dialog.getByRole("button", { name: "See what it would do" }).click();
  await dialog.getByText("1 board: it would be done").waitFor();
  await dialog.getByText("lamp-7").waitFor();
  await takePicture(page, "bulk-preview", false);
  expect(await accessibilityFaults(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Do it with 1 board" }).click();
  await page.getByRole("button", { name: "Again for 1 board" }).waitFor();
  await page.getByRole("row").filter({ hasText: "garibaldi-12" }).getByText("latencyMs").waitFor();
  await page.getByRole("button", { name: "Not done" }).click();
  await page.getByRole("row").filter({ hasText: "garibaldi-12" }).waitFor({ state: "detached" });
  const before = page.url();
  await page.getByRole("button", { name: "Again for 1 board" }).click();
  await expect.poll(() => page.url()).not.toBe(before);
  await page.getByRole("row").filter({ hasText: "lamp-7" }).waitFor();
  expect(made.complaints).toEqual([]);
  await made.context.close();
});

it("what cannot be undone wants its number typed, and what goes on can be canceled", async () => {
  for (let i = 0; i < 30; i += 1)
    await call("POST", "/api/boards", { name: `old-${i}`, labels: { kind: "old" } });
  const made = await open("/app/default/boards?q=label.kind:old");
  const { page } = made;
  await page.getByRole("button", { name: "With all that match" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What to do").selectOption("board.retire");
  await dialog.getByRole("button", { name: "See what it would do" }).click();
  const go = dialog.getByRole("button", { name: "Do it with 30 boards" });
  await go.waitFor();
  expect(await go.getAttribute("aria-disabled")).toBe("true");
  await dialog.getByLabel(/Type 30/).fill("30");
  expect(await go.getAttribute("aria-disabled")).toBeNull();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  const begun = await call("POST", "/api/bulk", {
    ...{ action: "board.update", selection: { q: "label.kind:old" } },
    ...{ body: { description: "soon gone" }, atOnce: 1, perSecond: 2 },
  });
  await page.goto(`/app/default/operations/${begun.body.uuid}`);
  await page
    .getByText(/To come|Queued/)
    .first()
    .waitFor();
  await page.getByRole("button", { name: "Cancel the rest" }).click();
  await page.getByRole("button", { name: /Again for \d+ boards/ }).waitFor();
  expect((await call("GET", `/api/operations/${begun.body.uuid}`)).body.status).toBe("canceled");
  expect(made.complaints).toEqual([]);
  await made.context.close();
});

describe.each(themes)("in the %s theme", (theme) => {
  it.each(widths)("operations are sound %i pixels wide", async (width) => {
    const language = theme === "dark" && width < 760 ? "it" : "en";
    const made = await open("/app/default/operations", { theme, width, language });
    const { page } = made;
    const [first] = (await call("GET", "/api/operations?status=failed")).body.items;
    const faults: string[] = [];
    for (const [name, path] of [
      ["operations", "/app/default/operations"],
      ["operation", `/app/default/operations/${first.uuid}`],
      ["boards-ticks", "/app/default/boards"],
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
