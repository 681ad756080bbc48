import type { Board } from "@s4t/contract";
import { fail } from "@s4t/contract";
import { expect, it } from "vitest";
import { createManualClock } from "../../../../../packages/kit/test/clock.ts";
import type { Change } from "../../edge/facts.ts";
import { type Actor, everything } from "../../policy/index.ts";
import type { Boards } from "./boards.ts";
import { boardTopics, LOAD_GATHER_MS } from "./topics.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const boardAt = (uuid: string, rev: number) => ({ uuid, rev }) as Board;

/** Both topics over boards that are looked up when the test says, and as the test says. */
const openTopics = (missed?: readonly string[]) => {
  const clock = createManualClock();
  const lookUps: { readonly uuid: string; readonly answer: (board: Board | undefined) => void }[] =
    [];
  let listeners: ((change: Change) => void)[] = [];
  const changeOf = (uuid: string) => ({ noun: "board", project: "p", uuid }) as unknown as Change;
  const [list, one] = boardTopics({
    clock,
    boards: {
      get: (_actor: Actor, _scope: unknown, uuid: string) =>
        new Promise((resolve, reject) => {
          const answer = (board: Board | undefined) =>
            board ? resolve(board) : reject(fail("board.not-found"));
          lookUps.push({ uuid, answer });
        }),
    } as unknown as Boards,
    subscribe(listener) {
      listeners.push(listener);
      return () => {
        listeners = listeners.filter((each) => each !== listener);
      };
    },
    since: async () => missed?.map(changeOf),
  });
  const told: unknown[] = [];
  const watcher = {
    ...{ actor: {} as Actor, scope: everything, argument: "a" },
    since: missed && 1,
    push: (data: unknown) => void told.push(data),
  };
  return {
    ...{ clock, lookUps, told },
    openList: () => list?.open(watcher),
    openOne: () => one?.open(watcher),
    change: (uuid: string) => {
      for (const listener of listeners) listener(changeOf(uuid));
    },
  };
};

it("a list is told how its boards are in the order in which they were looked up", async () => {
  const { clock, lookUps, told, openList, change } = openTopics();
  const opened = await openList();
  change("a");
  clock.advance(LOAD_GATHER_MS);
  change("a");
  clock.advance(60_000); // the first look has no answer yet: there is no second one that could come before it
  expect(lookUps).toHaveLength(1);
  lookUps[0]?.answer(boardAt("a", 1));
  await turn();
  clock.advance(60_000);
  lookUps[1]?.answer(boardAt("a", 2));
  await turn();
  expect(told).toEqual([1, 2].map((rev) => ({ changed: [boardAt("a", rev)], removed: [] })));
  change("a");
  clock.advance(60_000);
  change("a");
  opened?.close();
  lookUps[2]?.answer(boardAt("a", 3));
  await turn();
  clock.advance(60_000);
  expect(lookUps).toHaveLength(3); // nobody watches any more
});

it("a list that is taken up again is told what was removed meanwhile", async () => {
  const { lookUps, openList } = openTopics(["a", "b", "a"]);
  const opening = openList();
  await turn();
  expect(lookUps.map(({ uuid }) => uuid)).toEqual(["a", "b"]);
  lookUps[0]?.answer(boardAt("a", 2));
  lookUps[1]?.answer(undefined);
  expect(await opening).toMatchObject({
    kind: "change",
    data: { changed: [boardAt("a", 2)], removed: ["b"] },
  });
});

it("a board is told as it was looked up last, however many changes there were", async () => {
  const { lookUps, told, openOne, change } = openTopics();
  const opening = openOne();
  lookUps[0]?.answer(boardAt("a", 1));
  await opening;
  for (let i = 0; i < 5; i += 1) change("a");
  expect(lookUps).toHaveLength(2);
  lookUps[1]?.answer(boardAt("a", 2));
  await turn();
  lookUps[2]?.answer(boardAt("a", 6));
  await turn();
  expect(lookUps).toHaveLength(3);
  expect(told).toEqual([{ board: boardAt("a", 2) }, { board: boardAt("a", 6) }]);
});
