import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fillAndRecover } from "./disk.ts";
import { startCloud, temporaryFolder } from "./program.ts";

it("a full disk: writes are refused with a code, nothing is lost, and it goes on when there is room", async () => {
  const folder = temporaryFolder();
  // A disk of its own, seen by the cloud alone.
  const mount = 'mount -t tmpfs -o size=16m tmpfs "$0" && exec "$@"';
  const cloud = await startCloud(folder.path, {
    under: ["unshare", "--mount", "sh", "-c", mount, folder.path],
  });
  try {
    await cloud.signIn();
    const ballast = join(cloud.seen(folder.path), "ballast");
    writeFileSync(ballast, Buffer.alloc(8_000_000));
    await fillAndRecover(cloud, () => rmSync(ballast));
    expect((await cloud.kill("SIGTERM")).code).toBe(0);
  } finally {
    await cloud.kill("SIGKILL");
    folder.remove();
  }
}, 120_000);
