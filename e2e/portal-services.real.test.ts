// Services, shell and files of a board in a real browser: opened, reached, withdrawn; typed into, resized, dropped and opened again.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
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
import { temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

let stage: Stage;
let browser: Browser;
let board = "";
const folder = temporaryFolder();
const files = join(folder.path, "files");
const server = createServer((_request, response) => response.end("from the board"));

beforeAll(async () => {
  mkdirSync(files);
  writeFileSync(join(files, "notes.txt"), "kept on the board\n");
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stage = await openStage();
  browser = await launchBrowser();
  board = await stage.addBoard("garibaldi-12", ["--files", files]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
  server.close();
  folder.remove();
});

const open = async (section: string, look = {}): Promise<Visit> => {
  const made = await visit(browser, stage.cloud().url, look);
  const { username, password } = stage.admin;
  await enter(made, username, password, `/app/default/boards/${board}?section=${section}`);
  return made;
};
/** What the terminal shows, as text. */
const screenOf = async (page: Page): Promise<string> =>
  (await page.locator(".xterm-rows > div").allTextContents()).map((row) => row.trim()).join("\n");
const typed = async (page: Page, line: string): Promise<void> => {
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
};

it("a service is exposed from a board's page, reached, and withdrawn", async () => {
  const made = await open("services");
  const { page } = made;
  await page.getByText("Nothing of this board is exposed.").waitFor();
  await page.getByRole("button", { name: "Expose a service" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("web");
  await dialog
    .getByLabel("Port", { exact: true })
    .fill(String((server.address() as AddressInfo).port));
  await dialog.getByRole("button", { name: "Expose" }).click();
  const row = page.getByRole("row").filter({ hasText: "web" });
  await row.getByText("Open", { exact: true }).waitFor();
  const address = await row.locator("code").first().textContent();
  const { port } = new URL(`http://${address}`);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("from the board");
  // Who is connected is seen, and cut.
  const caller = connect(Number(port), "127.0.0.1");
  const closed = new Promise((resolve) => caller.on("error", () => {}).once("close", resolve));
  caller.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await page.getByRole("button", { name: "Cut", exact: true }).click();
  await closed;
  await page.getByText("Nobody is connected").first().waitFor();
  await row.getByRole("button", { name: "Actions on web" }).click();
  await page.getByRole("menuitem", { name: "Withdraw" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
  await page.getByText("Nothing of this board is exposed.").waitFor();
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  expect(made.complaints).toEqual([]);
  await made.context.close();
}, 60_000);

it("a shell is typed into, follows the window, and is opened again after a drop", async () => {
  const made = await open("shell");
  const { page } = made;
  await page.getByText("Open", { exact: true }).waitFor();
  await typed(page, "echo sum $((40 + 2))");
  await until(
    () => screenOf(page),
    (text) => text.includes("sum 42"),
    10_000,
  );
  const sizes = async () => {
    await typed(page, "clear; stty size");
    return until(
      () => screenOf(page),
      (text) => /^\d+ \d+$/m.test(text),
      10_000,
    );
  };
  const before = await sizes();
  await page.setViewportSize({ width: 1000, height: 700 });
  await page.waitForTimeout(500);
  expect(await sizes()).not.toBe(before);
  // True colours are styles of single letters: set by script, which the policy allows.
  await typed(page, "printf '\\033[38;2;200;30;30mred\\033[0m\\n'");
  await until(
    () => screenOf(page),
    (text) => /^red$/m.test(text),
    10_000,
  );
  await takePicture(page, "board-shell-typed", false);
  await stage.agents.get("garibaldi-12")?.kill("SIGKILL");
  await page.getByRole("button", { name: "Reconnect" }).waitFor({ timeout: 60_000 });
  await takePicture(page, "board-shell-dropped", false);
  stage.startAgent("garibaldi-12", undefined, ["--files", files]);
  // As a person would: what the page says meanwhile is why not yet.
  const why: string[] = [];
  const tryAgain = async (): Promise<boolean> => {
    const button = page.getByRole("button", { name: "Reconnect" });
    if (await button.isVisible()) {
      why.push(String(await page.getByRole("alert").textContent()));
      await button.click();
    }
    return page.getByText("Open", { exact: true }).isVisible();
  };
  await until(tryAgain, Boolean, 30_000);
  for (const each of why.slice(1))
    expect(each).toMatch(/board\.offline|tunnel\.not-dialled|stream\.refused/);
  await typed(page, "echo back $((1 + 1)); exit 3");
  await page.getByText("exit code 3").waitFor();
  expect(await screenOf(page)).toContain("back 2");
  expect(made.complaints).toEqual([]);
  await made.context.close();
}, 120_000);

it("files of the board are listed, taken and brought", async () => {
  const made = await open("files");
  const { page } = made;
  await page.getByText("notes.txt").waitFor();
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download notes.txt" }).click();
  const path = await (await coming).path();
  expect(readFileSync(path, "utf8")).toBe("kept on the board\n");
  const bytes = Buffer.alloc(3_000_000, "s4t");
  await page
    .locator("input[type=file]")
    .setInputFiles({ name: "large.bin", mimeType: "application/octet-stream", buffer: bytes });
  await page.getByRole("row").filter({ hasText: "large.bin" }).waitFor();
  expect(readFileSync(join(files, "large.bin")).equals(bytes)).toBe(true);
  expect(made.complaints).toEqual([]);
  await made.context.close();
}, 60_000);

describe.each(themes)("in the %s theme", (theme) => {
  it.each(widths)(
    "every page of services is sound %i pixels wide",
    async (width) => {
      const { port } = server.address() as AddressInfo;
      await stage.cloud().call("POST", "/api/services", { name: "panel", port });
      await stage.cloud().call("PUT", `/api/boards/${board}/services/panel`, {});
      const language = theme === "dark" && width < 760 ? "it" : "en";
      const made = await open("services", { theme, width, language });
      const { page } = made;
      const faults: string[] = [];
      const paths = [
        ["board-services", `/app/default/boards/${board}?section=services`],
        ["board-shell", `/app/default/boards/${board}?section=shell`],
        ["board-files", `/app/default/boards/${board}?section=files`],
        ["services", "/app/default/services"],
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
