// Signing in by a real browser: with a second factor, from its set-up to its end.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@s4t/sdk";
import { TOTP } from "otpauth";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
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

const password = "correct horse battery staple";
const path = "/app/default/access/sessions";
const mailbox = temporaryFolder();
let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  const oidc = join(mailbox.path, "oidc.json");
  const away = { name: "city", title: "the city’s account", issuer: "http://127.0.0.1:1" };
  writeFileSync(oidc, JSON.stringify([{ ...away, clientId: "x" }]));
  stage = await openStage([
    ...["--mail.driver", "file", "--mail.folder", join(mailbox.path, "mail")],
    ...["--identity.oidc", oidc],
  ]);
  browser = await launchBrowser();
  const client = await clientOf();
  for (const name of ["anna", "bruno"]) {
    await client.users.create({ body: { name, password } });
    await client.projects.setMember({
      params: { uuid: "default", user: name },
      body: { role: "user" },
    });
  }
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stage?.close();
  mailbox.remove();
});

const clientOf = async () =>
  createClient({ url: stage.cloud().url, auth: await stage.cloud().signIn() });

/** What is wrong with the page as it is, left as a picture. */
const faultsOf = async ({ page, complaints }: Visit, name: string): Promise<string[]> => {
  await page.waitForTimeout(400);
  const found = (await accessibilityFaults(page)).map((fault) => `${name}: ${fault}`);
  const beyond = await overflowOf(page);
  await takePicture(page, name);
  return [...found, ...(beyond > 0 ? [`${name}: ${beyond} px too wide`] : []), ...complaints];
};

/** The same steps in every look: themes × widths, one of them in Italian. */
const inEveryLook = async (
  name: string,
  go: (made: Visit, language: "en" | "it") => Promise<unknown>,
): Promise<string[]> => {
  const faults: string[] = [];
  for (const theme of themes)
    for (const width of widths) {
      const language = theme === "dark" && width < 760 ? "it" : "en";
      const made = await visit(browser, stage.cloud().url, { theme, width, language });
      await go(made, language);
      faults.push(...(await faultsOf(made, `${name}-${theme}-${width}-${language}`)));
      await made.context.close();
    }
  return faults;
};

const fillIn = async (page: Page, name: string): Promise<void> => {
  await page.goto("/app/sign-in");
  await page.locator("input[name=username]").fill(name);
  await page.locator("input[name=password]").fill(password);
  await page.locator("input[name=password]").press("Enter");
};

it("a second factor is set up in three steps, and asked for from then on", async () => {
  const made = await visit(browser, stage.cloud().url);
  await enter(made, "anna", password, path);
  const { page } = made;
  const card = page.getByRole("region", { name: "Second factor" });
  await card.getByText("Off: your password alone").waitFor();
  await card.getByRole("button", { name: "Set up…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Your password").fill("not that one");
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByText("The name or the password is not right.").waitFor();
  await dialog.getByLabel("Your password").fill(password);
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByRole("img", { name: "The secret as a picture" }).waitFor();
  const secret = (await dialog.locator("code").textContent()) ?? "";
  expect(await faultsOf(made, "factor-scan")).toEqual([]);
  const totp = new TOTP({ secret });
  await dialog.getByLabel("Code that the app shows now").fill("000000");
  await dialog.getByRole("button", { name: "Turn on" }).click();
  await dialog.getByText("The code is not right, or was used already.").waitFor();
  await dialog.getByLabel("Code that the app shows now").fill(totp.generate());
  await dialog.getByRole("button", { name: "Turn on" }).click();
  await dialog.getByRole("list", { name: "Recovery codes" }).waitFor();
  const codes = await dialog.getByRole("listitem").allTextContents();
  expect(codes).toHaveLength(10);
  expect(await faultsOf(made, "factor-codes")).toEqual([]);
  await dialog.locator("footer").getByRole("button", { name: "Close" }).click();
  await card.getByText("10 recovery codes left").waitFor();
  await page.context().clearCookies();

  await fillIn(page, "anna");
  const field = page.getByLabel("Code of your second factor");
  await field.waitFor();
  expect(await field.evaluate((input) => input === document.activeElement)).toBe(true);
  expect(await page.getByRole("alert").count()).toBe(0);
  await field.fill("000000");
  await field.press("Enter");
  await page.getByText("The code is not right, or was used already.").waitFor();
  await field.fill(codes[0] ?? "");
  await field.press("Enter");
  await page.waitForURL("**/app/default/boards");
  await page.goto(path);
  await card.getByText("9 recovery codes left").waitFor();
  await card.getByRole("button", { name: "Turn off…" }).click();
  await dialog.getByLabel("Code of your second factor").fill(codes[1] ?? "");
  await dialog.getByRole("button", { name: "Turn the second factor off" }).click();
  await card.getByText("Off: your password alone").waitFor();
  await made.context.close();
  expect(made.complaints).toEqual([]);
}, 120_000);

it("looks right at a desk and on a phone, and an administrator takes it away", async () => {
  const { url } = stage.cloud();
  const { token } = await createClient({ url }).sessions.signIn({
    body: { method: "password", name: "bruno", password },
  });
  const bruno = createClient({ url, auth: token });
  const { secret } = await bruno.secondFactor.begin({ body: { password } });
  await bruno.secondFactor.confirm({ body: { code: new TOTP({ secret }).generate() } });
  expect(
    await inEveryLook("sign-in-code", async ({ page }) => {
      await fillIn(page, "bruno");
      await page.locator("input[name=code]").waitFor();
    }),
  ).toEqual([]);
  const { username, password: word } = stage.admin;
  const made = await visit(browser, stage.cloud().url);
  await enter(made, username, word, "/app/default/access/users");
  const { page } = made;
  await page.getByRole("button", { name: "Actions on bruno" }).click();
  await page.getByRole("menuitem", { name: "Take the second factor away…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take it away" }).click();
  await page.getByText("bruno has no second factor any more.").waitFor();
  expect(made.complaints).toEqual([]);
  await made.context.close();
  expect(
    await inEveryLook("profile", async (each) => {
      await enter(each, "bruno", password, path);
      await each.page.locator("input[type=password]").first().waitFor();
    }),
  ).toEqual([]);
}, 180_000);

/** Address of the link in the newest letter, which is thrown away. */
const linkInLetter = async (): Promise<string> => {
  const folder = join(mailbox.path, "mail", "new");
  const names = await until(
    async () => {
      try {
        return readdirSync(folder).sort();
      } catch {
        return [];
      }
    },
    (found) => found.length > 0,
    10_000,
  );
  const file = join(folder, names.at(-1) ?? "");
  // Long lines are folded (RFC 2045, quoted-printable).
  const text = readFileSync(file, "utf8").replace(/=\n/g, "").replaceAll("=3D", "=");
  rmSync(folder, { recursive: true });
  return /http\S+#[\w-]{43}/.exec(text)?.[0] ?? "";
};

it("an address is proved, and a lost password replaced by a link that is good once", async () => {
  const client = await clientOf();
  await client.users.create({ body: { name: "carla", password, mail: "carla@example.org" } });
  await client.projects.setMember({
    params: { uuid: "default", user: "carla" },
    body: { role: "user" },
  });
  const made = await visit(browser, stage.cloud().url);
  const { page } = made;
  await page.goto(await linkInLetter());
  await page.getByRole("heading", { name: "Your address" }).waitFor();
  await page.waitForURL(/confirm-mail$/);
  await page.getByRole("button", { name: "This is my address" }).click();
  await page.getByText("Your address is proved.").waitFor();
  await page.getByRole("link", { name: "Back to sign-in" }).click();
  await page.getByRole("link", { name: "Lost your password?" }).click();
  await page.getByLabel("Mail address").fill("carla@example.org");
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByText("If somebody here has this address").waitFor();
  const link = await linkInLetter();
  await page.goto(link);
  await page.waitForURL(/new-password$/);
  await page.getByLabel("New password").fill("short");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("Choose a longer password").waitFor();
  await page.getByLabel("New password").fill(`${password}!`);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("Your password is set.").waitFor();
  await page.goto(`${link.replace("new-password", "new-password?again")}`);
  await page.getByLabel("New password").fill(`${password}?`);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("This link was used or has expired.").waitFor();
  await enter(made, "carla", `${password}!`, path);
  await page.getByText("carla@example.org, proved to be yours.").waitFor();
  expect(made.complaints).toEqual([]);
  await made.context.close();
  for (const [name, at] of [
    ["lost-password", "/app/lost-password"],
    ["new-password", "/app/new-password#x"],
    ["confirm-mail", "/app/confirm-mail#x"],
  ] as const)
    expect(
      await inEveryLook(name, async (each) => {
        await each.page.goto(at);
        await each.page.getByRole("heading", { level: 1 }).waitFor();
      }),
    ).toEqual([]);
}, 180_000);

it("a provider is offered beside name and password, and says so when it does not answer", async () => {
  const made = await visit(browser, stage.cloud().url);
  const { page } = made;
  await page.goto("/app/sign-in");
  await page.getByRole("link", { name: "Sign in with the city’s account" }).click();
  await page.getByText("Who keeps that account does not answer. Try later.").waitFor();
  expect(made.complaints).toEqual([]);
  await made.context.close();
  expect(
    await inEveryLook("sign-in-oidc", async (each) => {
      await each.page.goto("/app/sign-in?problem=oidc.unavailable&said=x");
      await each.page.getByRole("link", { name: /the city’s account/ }).waitFor();
    }),
  ).toEqual([]);
}, 90_000);

it("sessions are listed with what made them, and all others end by one button", async () => {
  const { url } = stage.cloud();
  const other = await createClient({ url }).sessions.signIn({
    body: { method: "password", name: "anna", password },
  });
  const made = await visit(browser, url);
  await enter(made, "anna", password, path);
  const { page } = made;
  const table = page.getByRole("region", { name: "Sessions and tokens" });
  await table.getByText("Chrome, Linux").first().waitFor();
  await table.getByText("node").first().waitFor();
  await page.getByRole("button", { name: "End all others" }).click();
  await page.getByText(/sessions? (has|have) ended\./).waitFor();
  await expect.poll(() => table.getByText("(this one)").count()).toBe(1);
  await expect.poll(() => table.getByText("node").count()).toBe(0);
  await expect(createClient({ url, auth: other.token }).sessions.show()).rejects.toMatchObject({
    code: "auth.required",
  });
  expect(await faultsOf(made, "sessions-one")).toEqual([]);
  await made.context.close();
}, 60_000);
