// What whoever takes spans must do, shown by what arrives at the other end.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EndedSpan, Traces } from "./traces.ts";

/** A span as it arrived, in words of ours. */
export interface ArrivedSpan {
  readonly name: string;
  readonly by: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string | undefined;
  readonly startMs: number;
  readonly tookMs: number;
  readonly failed: string | undefined;
}

export interface TracesForTest {
  readonly traces: Traces;
  /** Everything that arrived so far. */
  arrived(): readonly ArrivedSpan[];
  /** From now on the other end refuses what it gets, or takes it again. */
  refuse(isRefused: boolean): void;
  /** Most that wait to be sent. */
  readonly mostWaiting: number;
  /** How many spans were told to be sent, and to be lost. */
  told(): { readonly sent: number; readonly lost: number };
  close(): Promise<void>;
}

const startMs = 1_800_000_000_123;
const spanOf = (index: number, more: Partial<EndedSpan> = {}): EndedSpan => ({
  ...{ name: `work ${index}`, by: "iotronic", kind: "server", parent: undefined },
  context: {
    ...{ traceId: "4bf92f3577b34da6a3ce929d0e0e4736", sampled: true },
    spanId: (index + 1).toString(16).padStart(16, "0"),
  },
  ...{ startMs, tookMs: 0.25, attributes: {}, failed: undefined },
  ...more,
});

/** The promises of {@link Traces}. */
export const tracesConformance = (name: string, open: () => Promise<TracesForTest>): void => {
  describe(`traces: ${name}`, () => {
    let opened: TracesForTest;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    it("brings a span as it was, to the microsecond", async () => {
      const { traces } = opened;
      traces.add(spanOf(0));
      traces.add(
        spanOf(1, {
          by: "lightning-rod",
          parent: "0".repeat(15).concat("1"),
          failed: "board.busy",
        }),
      );
      await expect.poll(() => opened.arrived().length).toBe(2);
      const [first, second] = opened.arrived();
      expect(first).toMatchObject({ name: "work 0", by: "iotronic", parent: undefined });
      expect(first?.failed).toBeUndefined();
      expect(first?.startMs).toBe(startMs);
      expect(first?.tookMs).toBeCloseTo(0.25, 3);
      expect(second).toMatchObject({
        ...{ by: "lightning-rod", parent: "0000000000000001", failed: "board.busy" },
        ...{ traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "0000000000000002" },
      });
    });

    it("brings many, each once, and what waits at the end too", async () => {
      const count = 3_000;
      for (let i = 0; i < count; i += 1) opened.traces.add(spanOf(i));
      await opened.traces.stop?.();
      const ids = opened.arrived().map(({ spanId }) => spanId);
      expect([ids.length, new Set(ids).size]).toEqual([count, count]);
      expect(opened.told()).toEqual({ sent: count, lost: 0 });
    });

    it("tells of every span what became of it, where more come at once than there is room for", async () => {
      const count = opened.mostWaiting + 500;
      for (let i = 0; i < count; i += 1) opened.traces.add(spanOf(i));
      expect(opened.told()).toEqual({ sent: 0, lost: 500 });
      await opened.traces.stop?.();
      const { sent, lost } = opened.told();
      expect([sent, lost, opened.arrived().length]).toEqual([
        ...[opened.mostWaiting, 500],
        opened.mostWaiting,
      ]);
    });

    it("has room again for as many as were lost or sent", async () => {
      opened.refuse(true);
      for (let i = 0; i < opened.mostWaiting; i += 1) opened.traces.add(spanOf(i));
      await expect.poll(() => opened.told().lost).toBe(opened.mostWaiting);
      opened.refuse(false);
      opened.traces.add(spanOf(1));
      await expect.poll(() => opened.arrived().map((span) => span.name)).toEqual(["work 1"]);
    });

    it("tells what is lost while nobody takes it, and goes on", async () => {
      opened.refuse(true);
      opened.traces.add(spanOf(0));
      await expect.poll(() => opened.told()).toEqual({ sent: 0, lost: 1 });
      opened.refuse(false);
      opened.traces.add(spanOf(1));
      await expect.poll(() => opened.arrived().map((span) => span.name)).toEqual(["work 1"]);
    });
  });
};
