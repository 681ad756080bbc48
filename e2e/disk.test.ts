import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { fillAndRecover } from "./disk.ts";
import { startCloud, temporaryFolder } from "./program.ts";

/** No file may grow beyond this, once the cloud runs: reached after some hundred writes. */
const limitBytes = 3_000_000;

it("a disk that takes no more: writes are refused with a code, nothing is lost, and it goes on when there is room", async () => {
  const folder = temporaryFolder();
  const cloud = await startCloud(folder.path);
  const limit = (bytes: number | "unlimited") =>
    execFileSync("prlimit", ["--pid", String(cloud.child.pid), `--fsize=${bytes}:unlimited`]);
  try {
    await cloud.signIn();
    limit(limitBytes);
    await fillAndRecover(cloud, () => void limit("unlimited"));
    expect((await cloud.kill("SIGTERM")).code).toBe(0);
    const next = await startCloud(folder.path);
    await next.signIn();
    expect((await next.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
    await next.kill("SIGTERM");
  } finally {
    await cloud.kill("SIGKILL").catch(() => {});
    folder.remove();
  }
}, 120_000);
