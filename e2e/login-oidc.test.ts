// `s4t login --oidc`: the command line waits on loopback while a browser signs in by a real provider.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { browse, client, type OidcPeer, openOidcPeer } from "../apps/iotronic/test/oidc-peer.ts";
import { root } from "../scripts/repository.ts";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";

const folder = temporaryFolder();
let peer: OidcPeer;
let cloud: RunningCloud;

beforeAll(async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  peer = await openOidcPeer(`http://127.0.0.1:${port}/api/oidc/city/callback`);
  peer.people.set("sub-anna", {
    ...{ preferred_username: "anna", groups: ["boards"] },
  });
  const file = join(folder.path, "oidc.json");
  const provider = {
    ...{ name: "city", issuer: peer.url, clientId: client.id, clientSecret: client.secret },
    ...{
      provision: true,
      roles: [{ claim: "groups", value: "boards", project: "default", role: "user" }],
    },
  };
  writeFileSync(file, JSON.stringify([provider]));
  cloud = await startCloud(join(folder.path, "cloud"), {
    args: ["--identity.oidc", file, "--port", String(port)],
  });
}, 60_000);
afterAll(async () => {
  await cloud?.kill("SIGTERM");
  peer?.close();
  folder.remove();
});

it("signs in by the browser, and keeps the sign-in for the commands after it", async () => {
  const home = join(folder.path, "home");
  const env = { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: join(home, ".config") };
  const s4t = (...args: readonly string[]) => spawn(join(root, "s4t"), args, { env, cwd: root });
  const login = s4t("login", cloud.url, "--oidc", "city");
  let said = "";
  login.stderr.on("data", (piece) => {
    said += String(piece);
  });
  login.stdout.on("data", (piece) => {
    said += String(piece);
  });
  await expect.poll(() => /http\S+challenge=\S+/.exec(said)?.[0], { timeout: 20_000 }).toBeTruthy();
  const start = /http\S+challenge=\S+/.exec(said)?.[0] ?? "";
  const browser = browse();
  const back = await browser.signInAt(start, peer.url, "sub-anna");
  const to = (await browser.go(back)).headers.get("location") ?? "";
  // What is no answer to it does not end it.
  expect((await fetch(new URL("/favicon.ico", to))).status).toBe(404);
  expect(await (await fetch(to)).text()).toContain("Signed in");
  const [code] = await once(login, "exit");
  expect([code, said]).toEqual([0, expect.stringContaining("anna at")]);
  const whoami = s4t("whoami", "--json");
  let shown = "";
  whoami.stdout.on("data", (piece) => {
    shown += String(piece);
  });
  await once(whoami, "close");
  expect(JSON.parse(shown)).toMatchObject({
    user: { name: "anna" },
    projects: [{ name: "default", role: "user" }],
  });
  // Neither the code nor what it was worth stands in the cloud's log.
  const word = new URL(to).searchParams.get("code") ?? "none";
  expect(cloud.said()).not.toContain(word);
  expect(cloud.said()).not.toContain(client.secret);
  const kept = [join(home, ".config/s4t/login.json"), join(home, ".s4t/login.json")].find(
    existsSync,
  );
  if (kept !== undefined) {
    expect(readFileSync(kept, "utf8")).not.toContain(word);
    expect(statSync(kept).mode & 0o077).toBe(0);
  }
}, 60_000);
