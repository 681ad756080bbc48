// Debian's OpenStack client against a cloud as users run it: over loopback, and over TLS with the cloud's own authority.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openstackClient } from "../scripts/real/openstack.ts";
import { debianPython } from "../scripts/real/unpacked.ts";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";

const password = "correct horse battery staple";
const folder = temporaryFolder();
let cloud: RunningCloud;
let secureUrl: string;

beforeAll(async () => {
  const data = join(folder.path, "cloud");
  cloud = await startCloud(data, { args: ["--listen", "127.0.0.2"] });
  await cloud.signIn();
  secureUrl = cloud.url.replace("http://127.0.0.1", "https://127.0.0.2");
  const made = async (method: string, path: string, body: unknown) => {
    const answer = await cloud.call(method, path, body);
    expect(answer.status, answer.text).toBeLessThan(300);
  };
  await made("POST", "/api/projects", { name: "messina" });
  await made("POST", "/api/users", { name: "chiara", password });
  await made("PUT", "/api/projects/messina/members/chiara", { role: "manager" });
});
afterAll(async () => {
  await cloud.kill("SIGTERM");
  folder.remove();
});

interface Said {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

const personOf = (name: string, word: string, project: string, url = cloud.url) => ({
  OS_AUTH_URL: `${url}/identity/v3`,
  OS_USERNAME: name,
  OS_PASSWORD: word,
  OS_PROJECT_NAME: project,
  OS_USER_DOMAIN_NAME: "Default",
  OS_PROJECT_DOMAIN_NAME: "Default",
  OS_REGION_NAME: "RegionOne",
  OS_CACERT: join(folder.path, "cloud/ca.pem"),
});
const chiara = (more: Record<string, string> = {}) => ({
  ...personOf("chiara", password, "messina"),
  ...more,
});
const administrator = async () => {
  const { readFileSync } = await import("node:fs");
  const made = JSON.parse(readFileSync(join(folder.path, "cloud/admin.json"), "utf8"));
  return personOf(made.username, made.password, "default");
};

const python = (args: readonly string[], env: Record<string, string>): Promise<Said> => {
  const client = openstackClient();
  if (!client) throw new Error("the OpenStack client is not there: npm run test:real brings it");
  return new Promise((resolve) => {
    execFile(
      debianPython,
      args,
      { env: { PATH: "/usr/bin:/bin", HOME: folder.path, ...client.env, ...env } },
      (error, out, said) => resolve({ code: Number(error?.code ?? 0), out, error: said }),
    );
  });
};
const openstack = (args: readonly string[], env: Record<string, string>): Promise<Said> =>
  python([openstackClient()?.program ?? "", ...args], env);
/** What a command that must go well prints, as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: rows of every form
const rowsOf = async (line: string, env: Record<string, string>): Promise<any> => {
  const { code, out, error } = await openstack([...line.split(" "), "-f", "json"], env);
  expect([code, error], `${line}: ${out}`).toEqual([0, expect.not.stringMatching(/Traceback/)]);
  return JSON.parse(out);
};

it("issues a token that opens the cloud, and takes it back", async () => {
  const token = await rowsOf("token issue", chiara());
  const session = await fetch(`${cloud.url}/api/session`, {
    headers: { "x-auth-token": token.id },
  });
  expect((await session.json()) as unknown).toMatchObject({
    user: { uuid: token.user_id, name: "chiara" },
    project: token.project_id,
  });
  expect((await openstack(["token", "revoke", token.id], chiara())).code).toBe(0);
  const after = await fetch(`${cloud.url}/api/session`, { headers: { "x-auth-token": token.id } });
  expect(after.status).toBe(401);
});

it("finds the catalogue, over TLS with the cloud's authority too", async () => {
  for (const url of [cloud.url, secureUrl]) {
    const rows = await rowsOf("catalog list", personOf("chiara", password, "messina", url));
    const urls = Object.fromEntries(
      rows.map((row: { Type: string; Endpoints: { interface: string; url: string }[] }) => [
        row.Type,
        row.Endpoints.find((endpoint) => endpoint.interface === "public")?.url,
      ]),
    );
    expect(urls.identity).toBe(`${url}/identity/v3`);
    expect(urls.iot).toMatch(new RegExp(`^${url}(?:/iot)?$`));
  }
});

it("lists projects, users, roles and who has which", async () => {
  const admin = await administrator();
  const names = async (line: string) =>
    (await rowsOf(line, admin)).map(({ Name }: { Name: string }) => Name);
  expect(await names("project list")).toEqual(["default", "messina"]);
  expect(await names("user list")).toEqual(["admin", "chiara"]);
  expect(await names("role list")).toEqual(
    expect.arrayContaining(["admin", "admin_iot_project", "user_iot", "member", "reader"]),
  );
  const given = await rowsOf("role assignment list --names --project messina", admin);
  expect(given).toEqual([
    expect.objectContaining({
      Role: "admin_iot_project",
      User: "chiara@Default",
      Project: "messina@Default",
    }),
  ]);
  expect(await rowsOf("project list", chiara())).toHaveLength(1);
  expect(await rowsOf("user show chiara --domain Default", admin)).toMatchObject({
    name: "chiara",
  });
});

it("makes an application credential, and a program signs in with it until it is gone", async () => {
  const made = await rowsOf("application credential create sweeper --role reader", chiara());
  const program = {
    OS_AUTH_URL: `${cloud.url}/identity/v3`,
    OS_AUTH_TYPE: "v3applicationcredential",
    OS_APPLICATION_CREDENTIAL_ID: made.id,
    OS_APPLICATION_CREDENTIAL_SECRET: made.secret,
  };
  const token = await rowsOf("token issue", program);
  expect(token.project_id).toBe(made.project_id);
  const board = await fetch(`${cloud.url}/api/boards`, {
    method: "POST",
    headers: { "x-auth-token": token.id, "content-type": "application/json" },
    body: JSON.stringify({ name: "by-a-reader" }),
  });
  expect(board.status).toBe(403);
  expect(await rowsOf("application credential list", chiara())).toHaveLength(1);
  const gone = await openstack(["application", "credential", "delete", "sweeper"], chiara());
  expect(gone.code, gone.error).toBe(0);
  const refused = await openstack(["token", "issue"], program);
  expect([refused.code, refused.error]).toEqual([1, expect.stringMatching(/HTTP 401/)]);
});

it("is refused in words that the client understands", async () => {
  const wrong = await openstack(["token", "issue"], chiara({ OS_PASSWORD: "not that one" }));
  expect([wrong.code, wrong.error]).toEqual([
    1,
    expect.stringMatching(/requires authentication\. \(HTTP 401\) \(Request-ID: req-/),
  ]);
  const elsewhere = await openstack(["token", "issue"], chiara({ OS_PROJECT_NAME: "default" }));
  expect([elsewhere.code, elsewhere.error]).toEqual([1, expect.stringMatching(/HTTP 401/)]);
  const users = await openstack(["user", "list"], chiara());
  expect([users.code, users.error]).toEqual([1, expect.stringMatching(/HTTP 403/)]);
});

it("leads the original's client to its API, at an address that it does not damage", async () => {
  const script = `
from keystoneauth1.identity import generic
from keystoneauth1 import session
import os
auth = generic.Password(auth_url=os.environ["OS_AUTH_URL"], username="chiara", password=os.environ["OS_PASSWORD"],
    project_name="messina", user_domain_name="Default", project_domain_name="Default")
found = session.Session(auth=auth).get_endpoint(service_type="iot", interface="publicURL", region_name="RegionOne")
print(found, found.rstrip("/v1") == found)
`;
  const { code, out, error } = await python(["-c", script], chiara());
  expect([code, error]).toEqual([0, ""]);
  expect(out).toMatch(new RegExp(`^${cloud.url}(?:/iot)? True\n$`));
});
