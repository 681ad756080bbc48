// A folder of one test, gone with it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes one; to be called within a test. */
export const testFolder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "s4t-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
};
