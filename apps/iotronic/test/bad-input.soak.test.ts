import { expect, it } from "vitest";
import { tryBadRequests } from "./bad-input.ts";
import { openTestCloud } from "./cloud.ts";

it("ten thousand requests to each endpoint meet no fault of ours", async () => {
  const cloud = await openTestCloud();
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  try {
    await tryBadRequests(cloud, 10_000, seed);
    expect(cloud.complaints.filter(({ level }) => level === "error")).toEqual([]);
  } finally {
    await cloud.close();
  }
}, 3_600_000);
