// A machine whose clock says 1970, as boards and servers without a battery do after a power cut.
import { expect, it } from "vitest";
import { type CloudOptions, listAll, startCloud, temporaryFolder } from "./program.ts";

const in1970: CloudOptions = {
  under: ["faketime", "-f", "@1970-01-01 00:10:00"],
  env: { FAKETIME_DONT_FAKE_MONOTONIC: "1", TZ: "UTC" },
};

it("a clock set to 1970: the cloud serves, keeps everything, and nothing that was over is valid again", async () => {
  const folder = temporaryFolder();
  const first = await startCloud(folder.path);
  await first.signIn();
  const password = "a lamp post in messina";
  expect((await first.call("POST", "/api/users", { name: "rosa", password })).status).toBe(201);
  expect((await first.call("POST", "/api/boards", { name: "before" })).status).toBe(201);
  const revoked = (await first.call("POST", "/api/tokens", { name: "t", expiresInS: 3_600 })).body;
  expect((await first.call("DELETE", `/api/tokens/${revoked.token.uuid}`)).status).toBe(204);
  await first.kill("SIGTERM");

  const past = await startCloud(folder.path, in1970);
  expect((await past.call("GET", "/api/about")).body.time).toMatch(/^1970-01-01T00:1/);
  await past.signIn();
  const made = await past.call("POST", "/api/boards", { name: "meanwhile" });
  expect(made.status, made.text).toBe(201);
  expect((await listAll(past, "/api/boards")).map(({ name }) => name).sort()).toEqual([
    "before",
    "meanwhile",
  ]);
  const late = await fetch(`${past.url}/api/session`, {
    headers: { authorization: `Bearer ${revoked.secret}` },
  });
  expect(late.status).toBe(401);
  expect((await past.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
  const left = await past.kill("SIGTERM");
  expect(left.code, past.said()).toBe(0);
  expect(past.said()).not.toContain('"level":"error"');

  const again = await startCloud(folder.path);
  await again.signIn();
  const changed = await again.call("PATCH", `/api/boards/${made.body.board.uuid}`, {
    description: "back in time",
  });
  expect(changed.status, changed.text).toBe(200);
  expect(await listAll(again, "/api/boards")).toHaveLength(2);
  expect((await again.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
  expect((await again.kill("SIGTERM")).code).toBe(0);
  folder.remove();
});
