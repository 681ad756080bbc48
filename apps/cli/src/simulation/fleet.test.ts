// Whose boards a simulation takes up and retires: its own run's, whatever else bears its label or the look of its names.
import { systemClock } from "@s4t/kit";
import type { Board, Client } from "@s4t/sdk";
import { expect, it } from "vitest";
import { checkRunIsFree, prepareFleet, retireFleet } from "./fleet.ts";

const board = (name: string, run: string, more: object = {}) =>
  ({
    ...{ uuid: `of ${name}`, name, labels: { simulation: run } },
    ...{ simulated: true, fingerprint: "ab", connectivity: { connected: false } },
    ...more,
  }) as unknown as Board;

/** A registry that notes what is done to it. */
const open = (
  boards: Board[],
  plugins: string[] = [],
  slow?: (name: string) => Promise<unknown>,
) => {
  const done: string[] = [];
  const enrolment = { enrolment: "e" };
  const client = {
    boards: {
      list: async ({ query }: { query: { label: string } }) => ({
        items: boards.filter(({ labels }) => `simulation=${labels.simulation}` === query.label),
        next: null,
      }),
      create: async ({ body }: { body: { name: string; labels: Board["labels"] } }) => {
        await slow?.(body.name);
        done.push(`create ${body.name}`);
        const made = board(body.name, String(body.labels.simulation), { fingerprint: null });
        boards.push(made);
        return { board: made, enrolment };
      },
      rearm: async ({ params }: { params: { uuid: string } }) => {
        done.push(`rearm ${params.uuid}`);
        return { board: boards.find(({ uuid }) => uuid === params.uuid), enrolment };
      },
      retire: async ({ params }: { params: { uuid: string } }) => {
        done.push(`retire ${params.uuid}`);
      },
    },
    plugins: {
      list: async () => ({ items: plugins.map((name) => ({ uuid: name, name })), next: null }),
      remove: async ({ params }: { params: { uuid: string } }) => {
        done.push(`remove ${params.uuid}`);
      },
    },
  } as unknown as Client;
  return { client, done };
};
const options = (run: string) => ({ boards: 1, seed: 1, run, entries: 0, onStep: () => {} });

it("two runs of one seed do not touch each other's boards", async () => {
  const { client, done } = open([]);
  await prepareFleet(client, options("a1"));
  await prepareFleet(client, options("b2"));
  await retireFleet(client, options("b2"), systemClock);
  expect(done).toEqual([
    "create simulated-a1-1",
    "create simulated-b2-1",
    "retire of simulated-b2-1",
  ]);
});

it("the boards of a seed stand in one order, whichever the cloud answers first", async () => {
  const late = (name: string) =>
    new Promise((resolve) => setTimeout(resolve, /-1$/.test(name) ? 50 : 1));
  const { client, done } = open([], [], late);
  const { boards } = await prepareFleet(client, { ...options("a1"), boards: 3 });
  expect(done.at(-1)).toBe("create simulated-a1-1");
  expect(boards.map(({ name }) => name)).toEqual([1, 2, 3].map((n) => `simulated-a1-${n}`));
});

it("takes up and retires what its run left, joined or not, and nothing that only looks like it", async () => {
  const left = [
    board("simulated-a1-1", "a1"),
    board("simulated-a1-2", "a1", { simulated: false, fingerprint: null }),
    // A machine of somebody's, enrolled under such a name; and others with the label alone.
    board("simulated-a1-3", "a1", { simulated: false }),
    board("lamp", "a1"),
    board("simulated-a1-x", "a1"),
    board("simulated-a1-4", "a12"),
  ];
  const { client, done } = open(left, ["simulated-a1-1", "simulated-a12-1", "simulated-a1-mine"]);
  await prepareFleet(client, options("a1"));
  await retireFleet(client, options("a1"), systemClock);
  expect(done).toEqual([
    "rearm of simulated-a1-1",
    "retire of simulated-a1-1",
    "retire of simulated-a1-2",
    "remove simulated-a1-1",
  ]);
});

it("a run that somebody plays is refused", async () => {
  const connected = { connectivity: { connected: true } };
  const { client } = open([board("simulated-a1-1", "a1", connected)]);
  await expect(checkRunIsFree(client, "a1")).rejects.toMatchObject({ code: "request.invalid" });
  await checkRunIsFree(client, "b2");
});
