import { fail, type PluginLine } from "@s4t/contract";
import { expect, it } from "vitest";
import type { Client } from "../client.ts";
import type { Events } from "../events.ts";
import { followPluginLines } from "./follow.ts";

const line = (seq: number): PluginLine => ({ seq, atMs: seq, level: "out", text: `${seq}` });

/** A board that keeps the last three lines, and a topic over it. */
const open = () => {
  const kept: PluginLine[] = [];
  let heardBy: { onSnapshot?: () => void; onChange?: (data: object) => void } | undefined;
  let isAway = false;
  let asked = 0;
  const stopped = new AbortController();
  const heard: (number | string)[] = [];
  const client = {
    injections: {
      lines: async () => {
        asked += 1;
        if (isAway) throw fail("board.offline");
        return { lines: [...kept], dropped: 0 };
      },
    },
  } as unknown as Pick<Client, "injections">;
  const events = {
    subscribe: (_: string, options: object) => {
      heardBy = options;
      return { cursor: undefined, close: () => {} };
    },
  } as unknown as Pick<Events, "subscribe">;
  const ended = followPluginLines(client, events, {
    ...{ board: "b", plugin: "p", start: { count: 3 }, signal: stopped.signal },
    onLine: ({ seq }) => heard.push(seq),
    onSkipped: (count) => heard.push(`${count} skipped`),
  });
  return {
    ended,
    heard,
    asked: () => asked,
    stop: () => stopped.abort(),
    setAway: (value: boolean) => {
      isAway = value;
    },
    write: (...seqs: number[]) => {
      kept.push(...seqs.map(line));
      kept.splice(0, Math.max(0, kept.length - 3));
    },
    tell: (...seqs: number[]) => heardBy?.onChange?.({ lines: seqs.map(line), dropped: 0 }),
    join: () => heardBy?.onSnapshot?.(),
  };
};

it("reads once, then hears: no more requests as long as nothing is missing", async () => {
  const board = open();
  board.write(0, 1);
  board.join();
  await expect.poll(() => board.heard).toEqual([0, 1]);
  board.tell(1, 2, 3);
  board.tell(4);
  expect([board.heard, board.asked()]).toEqual([[0, 1, 2, 3, 4], 1]);
  board.stop();
  await board.ended;
});

it("reads again where something is missing and after a break of the line, and waits for a board that is away", async () => {
  const board = open();
  board.write(0);
  board.join();
  await expect.poll(() => board.heard).toEqual([0]);
  board.write(1, 2, 3, 4, 5);
  board.setAway(true);
  board.tell(5);
  await expect.poll(board.asked).toBe(2);
  board.setAway(false);
  await expect.poll(() => board.heard).toEqual([0, "2 skipped", 3, 4, 5]);
  board.write(6);
  board.join();
  await expect.poll(() => board.heard.at(-1)).toBe(6);
  board.stop();
  await board.ended;
});

it("rejects when it cannot begin", async () => {
  const board = open();
  board.setAway(true);
  board.join();
  await expect(board.ended).rejects.toMatchObject({ code: "board.offline" });
});
