import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@s4t/sdk";
import { findCloud, placesOf, saveLogin } from "@s4t/sdk/node";
import { afterEach, beforeEach, expect, it } from "vitest";

let home: string;
let server: Server | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "s4t-sdk-"));
});
afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(home, { recursive: true });
});

const dataFolder = (name: string, url: string): string => {
  const folder = join(home, name);
  mkdirSync(folder, { recursive: true });
  const admin = { username: "admin", password: "correct horse", url };
  writeFileSync(join(folder, "admin.json"), JSON.stringify(admin));
  return folder;
};
const remember = (...folders: string[]): void => {
  const file = placesOf({ HOME: home }).currentFile;
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, `${folders.join("\n")}\n`);
};
const notePid = (folder: string, pid: number): void =>
  writeFileSync(join(folder, "pid"), `${pid}\n`);

/** A cloud that counts sign-ins and accepts the newest token only. */
const serve = async () => {
  let signIns = 0;
  server = createServer((request, response) => {
    request.resume();
    const answer = (status: number, json: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(json));
    };
    if (request.method === "POST") {
      signIns += 1;
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      return answer(200, { token: `token ${signIns}`, session: { expiresAt } });
    }
    if (request.headers.authorization === `Bearer token ${signIns}`)
      return answer(200, { items: [] });
    answer(401, { code: "auth.expired", title: "Sign in again.", status: 401, retryable: false });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, signIns: () => signIns, forgetTokens: () => (signIns += 1) };
};

it("takes what was said over what lies about", () => {
  remember(dataFolder("here", "http://127.0.0.1:1"));
  const env = { HOME: home, S4T_URL: "http://cloud.example:99/", S4T_TOKEN: "t" };
  expect(findCloud({ env })).toMatchObject({
    url: "http://cloud.example:99",
    auth: "t",
    foundBy: "environment",
  });
  expect(findCloud({ env, url: "http://127.0.0.1:2" })).toMatchObject({
    url: "http://127.0.0.1:2",
    foundBy: "argument",
  });
});

it("looks in the named folder, then at the saved sign-in, then at the cloud started last", () => {
  const env = { HOME: home };
  expect(() => findCloud({ env })).toThrow(/No cloud answers/);
  remember(dataFolder("here", "http://127.0.0.1:1"));
  expect(findCloud({ env })).toMatchObject({ url: "http://127.0.0.1:1", foundBy: "started here" });
  saveLogin(placesOf(env).loginFile, {
    url: "https://far:8812",
    username: "chiara",
    token: "saved",
    expiresAt: null,
    ca: "PEM",
  });
  expect(statSync(placesOf(env).loginFile).mode & 0o777).toBe(0o600);
  expect(findCloud({ env })).toMatchObject({
    url: "https://far:8812",
    auth: "saved",
    ca: "PEM",
    foundBy: "saved sign-in",
  });
  const named = dataFolder("named", "http://127.0.0.1:3");
  expect(findCloud({ env: { ...env, S4T_DATA: named } })).toMatchObject({
    url: "http://127.0.0.1:3",
    foundBy: "data folder",
  });
});

it("takes the newest cloud that still runs, and the newest of all where none does", () => {
  const env = { HOME: home };
  const oldest = dataFolder("oldest", "http://127.0.0.1:1");
  const earlier = dataFolder("earlier", "http://127.0.0.1:2");
  const killed = dataFolder("killed", "http://127.0.0.1:3");
  const stopped = dataFolder("stopped", "http://127.0.0.1:4");
  remember(join(home, "deleted"), stopped, killed, earlier, oldest);
  expect(findCloud({ env }).url).toBe("http://127.0.0.1:4");
  const { pid: ended } = spawnSync(process.execPath, ["--version"]);
  notePid(killed, ended);
  expect(findCloud({ env }).url).toBe("http://127.0.0.1:4");
  notePid(oldest, process.pid);
  expect(findCloud({ env }).url).toBe("http://127.0.0.1:1");
  notePid(earlier, process.pid);
  expect(findCloud({ env }).url).toBe("http://127.0.0.1:2");
});

it("signs in to the cloud of this machine that an address names, whichever was started last", () => {
  const earlier = dataFolder("earlier", "http://127.0.0.1:1");
  remember(dataFolder("last", "http://127.0.0.1:2"), earlier);
  const found = findCloud({ env: { HOME: home }, url: "http://127.0.0.1:1" });
  expect(found).toMatchObject({ foundBy: "argument", auth: { renew: expect.any(Function) } });
});

it("finds the authority of a data folder", () => {
  const folder = dataFolder("tls", "https://127.0.0.1:1");
  writeFileSync(join(folder, "ca.pem"), "PEM");
  expect(findCloud({ env: { HOME: home, S4T_DATA: folder } }).ca).toBe("PEM");
});

it("says which file is damaged", () => {
  const folder = dataFolder("bad", "http://127.0.0.1:1");
  writeFileSync(join(folder, "admin.json"), "{");
  expect(() => findCloud({ env: { HOME: home, S4T_DATA: folder } })).toThrow(
    /admin\.json: it is damaged/,
  );
  expect(() => findCloud({ env: { HOME: home }, url: "cloud" })).toThrow(/is not an address/);
});

it("signs in by the folder's password once, keeps the token privately, and renews it when it has ended", async () => {
  const cloud = await serve();
  const env = { HOME: home, S4T_DATA: dataFolder("data", cloud.url) };
  const ask = () => createClient(findCloud({ env })).cloud.config();
  await ask();
  await ask();
  expect(cloud.signIns()).toBe(1);
  const { tokenFolder } = placesOf(env);
  const [file] = readdirSync(tokenFolder);
  expect(statSync(join(tokenFolder, file ?? "")).mode & 0o777).toBe(0o600);
  cloud.forgetTokens();
  await ask();
  expect(cloud.signIns()).toBe(3);
  await ask();
  expect(cloud.signIns()).toBe(3);
});

it("does not use a token that is about to end", async () => {
  const cloud = await serve();
  const env = { HOME: home, S4T_DATA: dataFolder("data", cloud.url) };
  await createClient(findCloud({ env })).cloud.config();
  const later = () => Date.now() + 3_590_000;
  await createClient(findCloud({ env, now: later })).cloud.config();
  expect(cloud.signIns()).toBe(2);
});
