import { fail, type Operation, type OperationState } from "@s4t/contract";
import { expect, it } from "vitest";
import type { Client } from "../client.ts";
import { callPlugin } from "./call.ts";

const shown = (status: OperationState) => ({ uuid: "o", status }) as Operation;

/** A cloud whose plugin works until it is told to stop, and what was asked of it. */
const open = () => {
  const asked: string[] = [];
  let status: OperationState = "running";
  let isCancelable = true;
  let answer: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const client = {
    injections: {
      call: async ({ wait }: { wait: number }) => {
        asked.push(`call, held ${wait} s`);
        await held;
        return shown(status);
      },
    },
    operations: {
      show: async () => {
        asked.push("show");
        return shown(status);
      },
      cancel: async () => {
        asked.push("cancel");
        if (!isCancelable) throw fail("operation.finished", { state: status });
        status = "canceled";
        return shown(status);
      },
    },
  } as unknown as Pick<Client, "injections" | "operations">;
  const cancel = new AbortController();
  const stop = new AbortController();
  const underWay: string[] = [];
  const ended = callPlugin(client, {
    ...{ board: "b", plugin: "p", cancel: cancel.signal, signal: stop.signal },
    onUnderWay: ({ uuid }) => underWay.push(uuid),
  });
  return {
    ...{ asked, ended, cancel, stop, underWay, answer },
    become: (next: OperationState) => {
      status = next;
    },
    refuse: () => {
      isCancelable = false;
    },
  };
};
const count = (asked: readonly string[], what: string) =>
  asked.filter((each) => each === what).length;

it("answers what ends within the first request by that request alone", async () => {
  const { become, answer, ended, asked, underWay } = open();
  become("done");
  answer();
  expect((await ended).status).toBe("done");
  expect([asked, underWay]).toEqual([["call, held 1 s"], []]);
});

it("tells the id of what takes longer, and looks until it has ended", async () => {
  const { become, answer, ended, asked, underWay } = open();
  answer();
  await expect.poll(() => count(asked, "show")).toBeGreaterThan(1);
  become("failed");
  expect([(await ended).status, underWay, count(asked, "cancel")]).toEqual(["failed", ["o"], 0]);
});

it("cancels once, also what nobody knew the id of yet", async () => {
  const { answer, ended, asked, cancel } = open();
  cancel.abort();
  await Promise.resolve();
  expect(count(asked, "cancel")).toBe(0);
  answer();
  expect([(await ended).status, asked]).toEqual(["canceled", ["call, held 1 s", "cancel"]]);
});

it("cancels at once what it was waiting for between two looks", async () => {
  const { answer, ended, asked, cancel } = open();
  answer();
  await expect.poll(() => count(asked, "show")).toBe(1);
  cancel.abort();
  expect([(await ended).status, count(asked, "cancel")]).toEqual(["canceled", 1]);
});

it("answers how it really ended where it was faster, and goes on waiting for what cannot be canceled", async () => {
  const { become, refuse, answer, ended, asked, cancel } = open();
  refuse();
  answer();
  cancel.abort();
  await expect.poll(() => count(asked, "show")).toBeGreaterThan(1);
  become("done");
  expect([(await ended).status, count(asked, "cancel")]).toEqual(["done", 1]);
});

it("whoever only stops waiting cancels nothing", async () => {
  const { answer, ended, asked, stop } = open();
  answer();
  await expect.poll(() => count(asked, "show")).toBe(1);
  stop.abort(fail("request.canceled"));
  await expect(ended).rejects.toMatchObject({ code: "request.canceled" });
  expect(count(asked, "cancel")).toBe(0);
});
