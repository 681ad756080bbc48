// Services, shell and files of a board in a real browser: opened, reached, withdrawn; typed into, resized, dropped and opened again.
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
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
import { callPort } from "./reach.ts";
import { until } from "./s4t.ts";

/** Longest until a page shows who came or left: a second, and what a busy browser adds. */
const seenWithinMs = 2_000;
/** A file that takes a moment, so that its progress is seen. */
const largeBytes = 30_000_000;
/** More than a page holds. */
const hugeBytes = 70_000_000;

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
});
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
  await row.getByRole("button", { name: "Actions on web" }).click();
  await page.getByRole("menuitem", { name: "Withdraw" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
  await page.getByText("Nothing of this board is exposed.").waitFor();
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  expect(made.complaints).toEqual([]);
  await made.context.close();
});

it("who is connected is seen as they come, and is cut by a click", async () => {
  // It never ends a connection by itself: what ends was cut.
  const echo = createTcpServer((socket) => void socket.on("error", () => {}).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  const { port } = echo.address() as AddressInfo;
  const cloud = stage.cloud();
  await cloud.call("POST", "/api/services", { name: "echo", port });
  const { publicPort } = (await cloud.call("PUT", `/api/boards/${board}/services/echo`, {})).body;
  const made = await open("services");
  const { page } = made;
  await page.getByText("Nobody is connected").first().waitFor();
  const come = async (word: string) => {
    const { socket, closed, said } = callPort(publicPort);
    const says = async (text: string) => {
      socket.write(text);
      await until(said, (heard) => heard.endsWith(text), 5_000);
    };
    await says(word);
    return { socket, closed, says };
  };
  const rows = page.getByRole("row").filter({ has: page.getByText("Public port") });
  const caller = await come("one");
  await rows.first().waitFor({ timeout: seenWithinMs });
  const other = await come("two");
  await rows.nth(1).waitFor({ timeout: seenWithinMs });
  other.socket.destroy();
  await rows.nth(1).waitFor({ state: "detached", timeout: seenWithinMs });
  // It stays for as long as nobody cuts it, and ends at the click.
  await page.waitForTimeout(1_000);
  await caller.says("still here");
  await page.getByRole("button", { name: "Cut", exact: true }).click();
  const late = new Promise((_, reject) =>
    setTimeout(() => reject(new Error("it was not cut")), 5_000),
  );
  await Promise.race([caller.closed, late]);
  await page.getByText("Nobody is connected").first().waitFor({ timeout: seenWithinMs });
  expect(made.complaints).toEqual([]);
  await made.context.close();
  await cloud.call("DELETE", `/api/boards/${board}/services/echo`);
  echo.close();
});

it("a door that the world can reach shows what it risks, on both pages, until its sources leave somebody out", async () => {
  const wide = await openStage(["--gateway.address", "0.0.0.0"]);
  try {
    const uuid = await wide.addBoard("palermo-3");
    const cloud = wide.cloud();
    const { port } = server.address() as AddressInfo;
    await cloud.call("POST", "/api/services", { name: "web", port });
    const made = await visit(browser, cloud.url);
    const { page } = made;
    const { username, password } = wide.admin;
    await enter(made, username, password, `/app/default/boards/${uuid}?section=services`);
    await page.getByRole("button", { name: "Expose a service" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Service", { exact: true }).selectOption({ label: `web (${port})` });
    await dialog.getByRole("button", { name: "Expose" }).click();
    const row = page.getByRole("row").filter({ hasText: "web" });
    const risk =
      "Whoever reaches 0.0.0.0 reaches this service: say which addresses may, as its sources.";
    await row.getByText(risk).waitFor();
    await page.goto("/app/default/services");
    await row.getByText(risk).waitFor();
    await takePicture(page, "services-open-to-all", false);
    const expose = (sources: readonly string[]) =>
      cloud.call("PUT", `/api/boards/${uuid}/services/web`, { sources });
    expect((await expose(["127.0.0.1/32"])).status).toBe(200);
    await page.reload();
    await row.getByText("127.0.0.1/32").waitFor();
    expect(await page.getByText(risk).count()).toBe(0);
    expect((await expose(["127.0.0.1/32", "::/0"])).status).toBe(200);
    const italian = await visit(browser, cloud.url, { language: "it", width: 390 });
    await enter(italian, username, password, "/app/default/services");
    await italian.page
      .getByText("Chi raggiunge 0.0.0.0 raggiunge questo servizio: indica quali indirizzi possono")
      .waitFor();
    expect([...made.complaints, ...italian.complaints]).toEqual([]);
    await made.context.close();
    await italian.context.close();
  } finally {
    await wide.close();
  }
}, 120_000);

it("how one connects without opening anything is copied as it is shown", async () => {
  const made = await open("services");
  const { page } = made;
  await made.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  for (const command of [
    "./s4t forward garibaldi-12 8080:127.0.0.1:80",
    "./s4t ssh garibaldi-12",
  ]) {
    const line = page.locator("div").filter({ has: page.locator(`code:text-is("${command}")`) });
    await line.last().getByRole("button", { name: "Copy", exact: true }).click();
    await line.last().getByRole("button", { name: "Copied", exact: true }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(command);
  }
  expect(made.complaints).toEqual([]);
  await made.context.close();
});

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
  let asked = 0;
  /** Size of the terminal as a program on the board is told it, and as the page shows it: its rows, and where it breaks a line. */
  const sizes = async () => {
    asked += 1;
    await typed(page, `clear; printf 'w%.0s' $(seq 500); echo; echo size-${asked}=$(stty size)=`);
    const told = new RegExp(`^size-${asked}=(\\d+) (\\d+)=$`, "m");
    const screen = await until(
      () => screenOf(page),
      (text) => told.test(text),
      10_000,
    );
    const [, rows, columns] = told.exec(screen) ?? [];
    const lines = [...screen.matchAll(/^w+$/gm)].map(([line]) => line.length);
    return {
      there: { rows: Number(rows), columns: Number(columns) },
      here: { rows: screen.split("\n").length, columns: Math.max(...lines) },
    };
  };
  const before = await sizes();
  expect(before.there).toEqual(before.here);
  const whole = page.viewportSize() ?? { width: 0, height: 0 };
  const resized = async (
    size: { readonly width: number; readonly height: number },
    isSo: (shown: { readonly rows: number; readonly columns: number }) => boolean,
  ) => {
    await page.setViewportSize(size);
    const { there } = await until(
      sizes,
      ({ there, here }) => isDeepStrictEqual(there, here) && isSo(there),
      20_000,
    );
    return there;
  };
  const small = await resized(
    { width: 1_000, height: 700 },
    ({ rows, columns }) => rows < before.there.rows && columns < before.there.columns,
  );
  await resized(whole, ({ rows, columns }) => rows > small.rows && columns > small.columns);
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
      const said = String(await page.getByRole("alert").textContent());
      // The page may not have taken the last click yet.
      if (said !== why.at(-1)) why.push(said);
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

/** Notes each value that progress of a transfer takes on, from here on. */
const watchProgress = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const noted: Record<string, number[]> = {};
    Object.assign(window, { noted });
    const note = () => {
      for (const bar of document.querySelectorAll("progress")) {
        const name = String(bar.getAttribute("aria-label"));
        const values = noted[name] ?? [];
        noted[name] = values;
        const share = bar.value / bar.max;
        if (values.at(-1) !== share) values.push(share);
      }
    };
    new MutationObserver(note).observe(document.body, {
      ...{ subtree: true, childList: true, attributes: true, attributeFilter: ["value"] },
    });
  });
/** The progress of a transfer: grows, is seen under way, and reaches its end. */
const expectProgress = async (page: Page, name: string): Promise<void> => {
  const read = () =>
    page.evaluate(
      (of) => (window as unknown as { noted: Record<string, number[]> }).noted[of] ?? [],
      name,
    );
  const values = await until(read, (seen) => seen.at(-1) === 1, 15_000);
  expect(values).toEqual([...values].sort((a, b) => a - b));
  expect(values.filter((share) => share > 0 && share < 1).length).toBeGreaterThan(0);
};

it("files of the board are listed, taken and brought, and how far they are is shown", async () => {
  const made = await open("files");
  const { page } = made;
  await page.getByText("notes.txt").waitFor();
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download notes.txt" }).click();
  const path = await (await coming).path();
  expect(readFileSync(path, "utf8")).toBe("kept on the board\n");
  await watchProgress(page);
  const bytes = Buffer.alloc(largeBytes, "s4t");
  const here = join(folder.path, "large.bin");
  writeFileSync(here, bytes);
  await page.locator("input[type=file]").setInputFiles(here);
  await page.getByRole("row").filter({ hasText: "large.bin" }).waitFor();
  expect(readFileSync(join(files, "large.bin")).equals(bytes)).toBe(true);
  await expectProgress(page, "Up: large.bin");
  const back = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download large.bin" }).click();
  expect(readFileSync(await (await back).path()).equals(bytes)).toBe(true);
  await expectProgress(page, "Down: large.bin");
  expect(made.complaints).toEqual([]);
  await made.context.close();
});

it("a file that no page can hold goes to the disk as it comes, or is told to be one for the command line", async () => {
  writeFileSync(join(files, "huge.bin"), "");
  truncateSync(join(files, "huge.bin"), hugeBytes);
  const made = await open("files");
  const { page } = made;
  await page.getByText("huge.bin").waitFor();
  const download = page.getByRole("button", { name: "Download huge.bin" });
  // The browser's own dialog cannot be driven: a place that counts what it is given stands for it.
  await page.evaluate(() => {
    const saved = { name: "", bytes: 0, largest: 0, isClosed: false };
    Object.assign(window, {
      saved,
      showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) => {
        saved.name = suggestedName;
        return {
          createWritable: async () => ({
            write: async ({ length }: Uint8Array) => {
              saved.bytes += length;
              saved.largest = Math.max(saved.largest, length);
            },
            close: async () => {
              saved.isClosed = true;
            },
            abort: async () => {},
          }),
        };
      },
    });
  });
  await download.click();
  const saved = await until(
    () => page.evaluate(() => (window as unknown as { saved: Record<string, unknown> }).saved),
    ({ isClosed }) => isClosed === true,
    30_000,
  );
  expect(saved).toMatchObject({ name: "huge.bin", bytes: hugeBytes });
  expect(saved.largest).toBeLessThan(1_000_000);
  await page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined }));
  await download.click();
  const alert = page.getByRole("alert").filter({ hasText: "file.too-large" });
  expect(await alert.textContent()).toContain("./s4t file get garibaldi-12");
  expect(made.complaints).toEqual([]);
  await made.context.close();
});

describe.each(themes)("in the %s theme", (theme) => {
  it.each(widths)("every page of services is sound %i pixels wide", async (width) => {
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
  });
});
