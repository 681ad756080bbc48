import { fail } from "@s4t/contract";
import { expect, it } from "vitest";
import { createManualClock } from "../../../../../packages/kit/test/clock.ts";
import type { Change } from "../../edge/facts.ts";
import { everything, systemActor } from "../../policy/index.ts";
import type { Fleets } from "./fleets.ts";
import { fleetTopics } from "./topics.ts";

it("tells that a fleet was removed only where it is not there", async () => {
  const show = async (_actor: unknown, _scope: unknown, uuid: string) => {
    throw uuid === "gone" ? fail("fleet.not-found") : new Error("away");
  };
  const changes = ["gone", "unread"].map((uuid) => ({ noun: "fleet", uuid }) as Change);
  const [source] = fleetTopics({
    fleets: { show } as unknown as Fleets,
    clock: createManualClock(),
    subscribe: () => () => {},
    since: async () => changes,
  });
  const opened = await source?.open({
    ...{ actor: systemActor, scope: everything, argument: "", since: 1 },
    push: () => {},
  } as never);
  expect(opened?.data).toEqual({ changed: [], removed: ["gone"] });
});
