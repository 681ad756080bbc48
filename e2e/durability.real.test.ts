import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../scripts/repository.ts";
import { cloudBundle } from "./program.ts";
import { traceWrites } from "./trace.ts";

const writes = 40;

it("no write is acknowledged before the kernel has flushed it", async () => {
  expect(await traceWrites(writes)).toEqual({ covered: writes, early: [] });
});

it("a build that does not flush is found out", async () => {
  const source = readFileSync(cloudBundle, "utf8");
  const careless = source.replace('how === "pool" ? openFlusher', 'how === "none" ? openFlusher');
  expect(careless).not.toBe(source);
  const bundle = join(root, "apps/iotronic/dist/careless.js");
  writeFileSync(bundle, careless);
  try {
    const { covered, early } = await traceWrites(writes, bundle);
    expect(covered).toBe(0);
    expect(early).toHaveLength(writes);
  } finally {
    rmSync(bundle);
  }
});
