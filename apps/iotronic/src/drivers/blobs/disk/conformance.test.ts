import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { blobsConformance } from "../../../ports/blobs.conformance.ts";
import { diskBlobs } from "./index.ts";

let folder = "";
const start = async () => {
  const driver = diskBlobs({ folder: join(folder, "blobs") });
  await driver.start?.();
  return driver;
};

blobsConformance("disk", {
  open: () => {
    folder = mkdtempSync(join(tmpdir(), "s4t-blobs-"));
    return start();
  },
  reopen: start,
  close: async () => rmSync(folder, { recursive: true, force: true }),
  folder: () => folder,
  // A file where the folder was: also root is refused then.
  refuse() {
    const [there, aside] = [join(folder, "blobs"), join(folder, "aside")];
    renameSync(there, aside);
    writeFileSync(there, "");
    return () => {
      rmSync(there);
      renameSync(aside, there);
    };
  },
});

it("removes at the start what a kill left half written", async () => {
  folder = mkdtempSync(join(tmpdir(), "s4t-blobs-"));
  try {
    await start();
    const half = join(folder, "blobs", `${"a".repeat(64)}.x.new`);
    writeFileSync(half, "half");
    await start();
    expect(existsSync(half)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
