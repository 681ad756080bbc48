import { expect, it } from "vitest";
import { enrolBoard, joinAs, offer } from "./board.ts";
import { openTestCloud } from "./cloud.ts";
import { sayAnything } from "./wire.ts";

it("twenty thousand frames of a rude board meet no fault of ours, and nobody else notices", async () => {
  const cloud = await openTestCloud();
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  try {
    const [rude, polite] = [await enrolBoard(cloud, "rude"), await enrolBoard(cloud, "polite")];
    const there = await joinAs(cloud, polite);
    await offer(there, polite, () => ({ args: [{ atMs: 1 }] }));
    const witness = async () => {
      const path = `/api/boards/${polite.uuid}/ping`;
      const { status, text } = await cloud.call("POST", path, { token: cloud.admin, body: {} });
      return status === 200 ? undefined : text;
    };
    await sayAnything(cloud, rude, witness, { runs: 20_000, seed });
    expect(cloud.complaints.filter(({ level }) => level === "error")).toEqual([]);
    await there.session.close();
  } finally {
    await cloud.close();
  }
}, 3_600_000);
