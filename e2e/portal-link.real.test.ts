// What the page of a board says of its link, in a real browser: the commands that wait for it, and what it was refused.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type EnrolledBoard, enrolBoard, joinAs } from "../apps/iotronic/test/board.ts";
import type { TestCloud } from "../apps/iotronic/test/cloud.ts";
import {
  accessibilityFaults,
  enter,
  launchBrowser,
  overflowOf,
  takePicture,
  visit,
} from "./portal/browser.ts";
import { openStage, type Stage } from "./portal/stage.ts";

let stage: Stage;
let browser: Browser;
let board: EnrolledBoard;

beforeAll(async () => {
  stage = await openStage();
  browser = await launchBrowser();
  const { url, call } = stage.cloud();
  board = await enrolBoard(
    {
      ...{ url, admin: "" },
      call: (method: string, path: string, asked: { readonly body?: unknown }) =>
        call(method, path, asked.body),
    } as unknown as TestCloud,
    "via-roma-3",
  );
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

it("tells the commands that wait for it, next one first, and what its link was refused last", async () => {
  const made = await visit(browser, stage.cloud().url, { theme: "light", width: 1280 });
  const { page } = made;
  await enter(
    made,
    stage.admin.username,
    stage.admin.password,
    `/app/default/boards/${board.uuid}`,
  );
  const card = page.getByRole("region", { name: "Connectivity" });
  await card.waitFor();
  await page.waitForTimeout(700);
  expect(await card.textContent()).not.toMatch(/refusal|wait/);
  const { session } = await joinAs(stage.cloud(), board);
  await expect(session.call("wamp.session.list", { timeoutMs: 5_000 })).rejects.toThrow();
  await session.close();
  await stage.untilStatus(board.uuid, "offline");
  for (const verb of ["restart", "reboot"]) {
    const path = `/api/boards/${board.uuid}/${verb}`;
    const { status } = await stage.cloud().call("POST", path, { deliver: "when-online" });
    expect(status).toBe(202);
  }
  await card.getByText("2 commands wait for this board").waitFor({ timeout: 15_000 });
  expect(await card.getByRole("listitem").filter({ hasText: "until" }).allTextContents()).toEqual([
    expect.stringMatching(/^board\.restart\s*until /),
    expect.stringMatching(/^board\.reboot\s*until /),
  ]);
  await card.getByText("call wamp.session.list").waitFor();
  expect([await accessibilityFaults(page), await overflowOf(page)]).toEqual([[], 0]);
  await card.scrollIntoViewIfNeeded();
  await takePicture(page, "board-link-light-1280-en");
  await card.getByRole("link", { name: "All of them in the audit log" }).click();
  await page.waitForURL("**/audit?action=link.refused");
  await page.getByText("via-roma-3").first().waitFor();
  expect(made.complaints).toEqual([]);
  await made.context.close();
}, 90_000);

it("says so in Italian, on a phone in the dark", async () => {
  const made = await visit(browser, stage.cloud().url, {
    ...{ theme: "dark", width: 390, language: "it" },
  });
  const { page } = made;
  await enter(
    made,
    stage.admin.username,
    stage.admin.password,
    `/app/default/boards/${board.uuid}`,
  );
  const card = page.getByRole("region", { name: "Connettività" });
  await card.getByText("2 comandi attendono questa scheda").waitFor({ timeout: 15_000 });
  await card.getByText("Ultimo rifiuto sul suo collegamento:").waitFor();
  expect([await accessibilityFaults(page), await overflowOf(page)]).toEqual([[], 0]);
  await card.scrollIntoViewIfNeeded();
  await takePicture(page, "board-link-dark-390-it");
  await made.context.close();
}, 90_000);
