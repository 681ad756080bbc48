import { expect, it } from "vitest";
import { abuses } from "./abuse.ts";
import { tryAbuse } from "./abuse-run.ts";
import type { TestMachine } from "./runtime.ts";

/** What a sandbox is made of, and a user's other processes as root: nothing of note. */
const SANDBOX_PROCESSES = 3;

/** One test an abuse, on a machine of the caller's whose plugins have users of their own, or are counted by groups. */
export const testAbuses = (
  machineOf: () => TestMachine,
  isTried: (name: string) => boolean = () => true,
): void => {
  for (const abuse of abuses.filter(({ name }) => isTried(name)))
    it(`a plugin that ${abuse.name}: ${abuse.comes}, and nobody else notices`, async () => {
      const { wrong } = await tryAbuse(machineOf(), abuse, () => SANDBOX_PROCESSES);
      expect(wrong).toEqual([]);
    }, 60_000);
};
