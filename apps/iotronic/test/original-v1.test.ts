// Boards with the original agent as the original's own clients see them.
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { connectOriginal, Ended, legacyArgs, registerOriginal } from "./original.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud({}, legacyArgs);
}, 60_000);
afterAll(() => cloud.close());

const v1 = (method: string, path: string, body?: unknown) =>
  cloud.call(method, `/v1${path}`, {
    headers: { "x-auth-token": cloud.admin },
    ...(body === undefined ? {} : { body }),
  });
const location = [{ longitude: "15.5", latitude: "38.2", altitude: "1" }];

it("a board is created with a code of the client's choice, registers with it, and is shown as it was", async () => {
  const made = await v1("POST", "/boards", {
    name: "old-1",
    code: "CODE-0001",
    type: "raspberry",
    location,
  });
  expect([made.status, made.body.code, made.body.status]).toEqual([201, "CODE-0001", "registered"]);
  const { message } = await registerOriginal(cloud, "CODE-0001");
  const { board } = (message as { iotronic: { board: Record<string, unknown> } }).iotronic;
  expect(board).toMatchObject({
    uuid: made.body.uuid,
    type: "raspberry",
    location: { longitude: "15.5", latitude: "38.2" },
  });
  expect((await v1("GET", "/boards/old-1")).body).toMatchObject({
    status: "offline",
    agent: "iotronic",
  });
  const agent = await connectOriginal(cloud, made.body.uuid, {
    methods: {
      DevicePkgOperation: () => new Ended("RUNNING", "at work"),
      DeviceRestSubmit: () => ({ ok: true }),
    },
  });
  await expect.poll(async () => (await v1("GET", "/boards/old-1")).body.status).toBe("online");
  const shown = (await v1("GET", "/boards/old-1")).body;
  expect(shown).toMatchObject({ agent: "iotronic", wstun_ip: "127.0.0.1", lr_version: "0.5.0" });
  await expect
    .poll(async () => (await v1("GET", "/boards/old-1")).body.connectivity)
    .toEqual({
      iface: "eth0",
      local_ip: "10.0.0.7",
      mac: "00:11:22:33:44:55",
    });
  const act = async (action: string, parameters = {}) =>
    v1("POST", "/boards/old-1/action", { action, parameters });
  expect((await act("DevicePing")).body).toMatch(/ @ 20/);
  expect((await act("DeviceRestSubmit", { url: "http://10.0.0.1/", method: "GET" })).body).toEqual({
    ok: true,
  });
  const later = await act("DevicePkgOperation", {
    manager: "apt",
    command: "install",
    package: "vim",
  });
  const [, request = ""] = /request (\S+)$/.exec(later.body) ?? [];
  expect((await v1("GET", `/requests/${request}`)).body.status).toBe("PENDING");
  await agent.notify(request, "SUCCESS", "installed");
  await expect
    .poll(async () => (await v1("GET", `/requests/${request}`)).body.status)
    .toBe("COMPLETED");
  const shell = await act("DevicePkgOperation", {
    manager: "apt",
    command: "install",
    package: "$(reboot)",
  });
  expect(shell.status).toBe(400);
  await agent.session.close();
});

it("a code that is short, or another board's, is refused", async () => {
  expect((await v1("POST", "/boards", { name: "old-2", code: "1234", location })).status).toBe(400);
  expect((await v1("POST", "/boards", { name: "old-3", code: "CODE-0001", location })).status).toBe(
    409,
  );
});
