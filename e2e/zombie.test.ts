// A stopped cloud on SQLite: its data folder stays its own, so that there is no second to become a zombie beside.
import { afterAll, expect, it } from "vitest";
import { launchCloud, startCloud, temporaryFolder } from "./program.ts";

const folder = temporaryFolder();
afterAll(() => folder.remove());

it("a cloud that was stopped keeps its data folder from a second one, and goes on where it was", async () => {
  const args = ["--database.driver", "sqlite"];
  const cloud = await startCloud(folder.path, { args });
  await cloud.signIn();
  const write = (name: string) => cloud.call("POST", "/api/boards", { name });
  expect((await write("before")).status).toBe(201);
  cloud.child.kill("SIGSTOP");
  const waiting = write("meanwhile");
  const second = launchCloud(folder.path, { args });
  expect((await second.ended).code).toBe(73);
  expect(second.said()).toContain("data.locked");
  cloud.child.kill("SIGCONT");
  expect((await waiting).status).toBe(201);
  expect((await cloud.call("GET", "/api/boards")).body.items).toHaveLength(2);
  expect((await cloud.kill("SIGTERM")).code).toBe(0);
});
