// A real browser on the portal. Whatever a page must never do is written down as a complaint, whichever test runs: a request
// to another origin, a breach of the content security policy, an error in the console, a script that broke.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { root } from "../../scripts/repository.ts";

/** Where pictures of pages are left to be looked at. */
const picturesFolder = join(root, "test-results/portal");
/** Longest that anything on a page is waited for, unless a test says otherwise. */
const defaultTimeoutMs = 15_000;

export const themes = ["light", "dark"] as const;
export type Theme = (typeof themes)[number];
/** A desk and a phone. */
export const widths = [1440, 390] as const;

export interface Look {
  readonly theme?: Theme;
  readonly width?: number;
  readonly language?: "en" | "it";
}

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What must never happen, as far as it has happened. */
  readonly complaints: string[];
}

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** The browser writes a line of its own for every answer above 399 and for every broken connection; the page handles both. */
const isOfNetwork = (text: string): boolean =>
  /^Failed to load resource|^WebSocket connection to/.test(text);

/** A new person at a new machine: nothing remembered, one tab. */
export const visit = async (browser: Browser, url: string, look: Look = {}): Promise<Visit> => {
  const width = look.width ?? 1440;
  const isPhone = width < 760;
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width, height: isPhone ? 844 : 1000 },
    colorScheme: look.theme ?? "light",
    locale: look.language === "it" ? "it-IT" : "en-GB",
    isMobile: isPhone,
    hasTouch: isPhone,
    deviceScaleFactor: isPhone ? 2 : 1,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(defaultTimeoutMs);
  const complaints: string[] = [];
  const { host } = new URL(url);
  context.on("request", (request) => {
    const asked = new URL(request.url());
    if (!["data:", "blob:"].includes(asked.protocol) && asked.host !== host)
      complaints.push(`request to another origin: ${request.url()}`);
  });
  context.on("console", (message) => {
    if (message.type() === "error" && !isOfNetwork(message.text()))
      complaints.push(`console: ${message.text()}`);
  });
  context.on("weberror", (error) => complaints.push(`script: ${error.error().message}`));
  context.on("dialog", (dialog) => {
    complaints.push(`dialog of the browser: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
      console.error(`policy breached: ${effectiveDirective} by ${blockedURI}`),
    );
  });
  return { context, page: await context.newPage(), complaints };
};

/** Signs in without the form, for tests of what comes after it. */
export const enter = async (
  { page }: Visit,
  name: string,
  password: string,
  path = "/app/",
): Promise<void> => {
  await page.goto("/app/sign-in");
  const status = await page.evaluate(
    async (body) =>
      (
        await fetch("/api/session", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        })
      ).status,
    { method: "password", name, password },
  );
  if (status !== 200) throw new TypeError(`sign-in answered ${status}`);
  await page.goto(path);
};

/** What the accessibility checker finds wrong with the page as it is. */
export const accessibilityFaults = async (page: Page): Promise<string[]> => {
  // Through the debugger, which the page's policy does not bind.
  await page.evaluate(axe.source);
  const found = (await page.evaluate("axe.run(document)")) as axe.AxeResults;
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(" | ")}`,
  );
};

/** How far the page is wider than its window, in pixels. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/** Leaves a picture of the whole page, or of what the window shows. */
export const takePicture = async (page: Page, name: string, whole = true): Promise<void> => {
  mkdirSync(picturesFolder, { recursive: true });
  await page.screenshot({ path: join(picturesFolder, `${name}.png`), fullPage: whole });
};
