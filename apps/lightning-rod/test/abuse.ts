// Plugins that misbehave, and what has to come of it: the same at each level of isolation. Beside each of them another plugin is
// called all the while, and the agent's own loop is watched.
import { expect, it } from "vitest";
import { allProcessesOf } from "./processes-left.ts";
import type { Opened, OpenOptions, TestMachine } from "./runtime.ts";

/** A neighbour that has not answered by then was hurt: a call takes some milliseconds, on a busy machine some hundred. */
const NEIGHBOUR_PATIENCE_MS = 5_000;
/** Longest that the agent's loop may stand still: its heartbeat would still be in time. */
const LOOP_PATIENCE_MS = 2_000;

interface Abuse {
  readonly name: string;
  readonly runtime: "node" | "python";
  readonly source: string;
  readonly options?: OpenOptions;
  readonly timeoutMs?: number;
  /** Code of the error, or "answers" where the call comes back well. */
  readonly comes: string | RegExp;
  readonly shows?: (opened: Opened) => void | Promise<void>;
}

const python = (body: string): string =>
  `import os, sys, time, signal\ndef main(params, ctx):\n${body
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n")}\n`;

export const abuses: readonly Abuse[] = [
  {
    ...{ name: "throws (Node)", runtime: "node", comes: "plugin.failed" },
    source: "export default async () => { throw new RangeError('no such lamp'); }",
  },
  {
    ...{ name: "raises (Python)", runtime: "python", comes: "plugin.failed" },
    source: python("raise ValueError('no such lamp')"),
  },
  {
    ...{ name: "does not load", runtime: "python", comes: "plugin.failed" },
    source: "import nothing_of_that_name\n",
  },
  {
    ...{ name: "exits", runtime: "node", comes: "plugin.crashed" },
    source: "export default async () => process.exit(3);",
  },
  {
    ...{ name: "dies of a signal", runtime: "python", comes: "plugin.crashed" },
    source: python("os.kill(os.getpid(), signal.SIGSEGV)"),
  },
  {
    ...{ name: "never ends (Node)", runtime: "node", comes: "plugin.timed-out", timeoutMs: 1_500 },
    source: "export default async () => { for (;;); }",
  },
  {
    ...{ name: "never ends and hears nothing", runtime: "python", comes: "plugin.timed-out" },
    timeoutMs: 1_500,
    source: python(
      "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\nwhile True: pass",
    ),
  },
  {
    ...{ name: "takes all memory (Node)", runtime: "node", comes: "plugin.crashed" },
    options: { limits: { memoryMiB: 64 } },
    source:
      "export default async () => { const kept = []; for (;;) kept.push(new Array(100000).fill(Math.random())); }",
  },
  {
    ...{ name: "takes all memory (Python)", runtime: "python" },
    options: { limits: { memoryMiB: 64 } },
    comes: /^plugin\.(failed|crashed)$/,
    source: python("kept = []\nwhile True: kept.append(bytearray(1000000))"),
  },
  {
    ...{ name: "writes 100 MB of lines", runtime: "python", comes: "answers" },
    source: python(
      "line = 'x' * 99 + '\\n'\nfor _ in range(1000): sys.stdout.write(line * 1000)\nreturn 1",
    ),
    shows: async ({ lines }) => {
      await expect
        .poll(() => lines.some(({ text }) => text.includes("lines are left out")), {
          timeout: 5_000,
        })
        .toBe(true);
      expect(lines.length).toBeLessThan(20_000);
    },
  },
  {
    ...{ name: "writes one line of 20 MB", runtime: "node", comes: "answers" },
    source: "export default async () => { console.log('y'.repeat(20_000_000)); return 1; }",
    shows: ({ lines }) => {
      for (const { text } of lines) expect(text.length).toBeLessThanOrEqual(4_096);
    },
  },
  {
    ...{ name: "answers 50 MB", runtime: "node", comes: "plugin.result-too-large" },
    source: "export default async () => 'z'.repeat(50_000_000);",
  },
  {
    ...{ name: "answers what is no JSON", runtime: "python", comes: "plugin.result-invalid" },
    source: python("return {1, 2}"),
  },
  {
    ...{ name: "writes garbage to the agent", runtime: "python", comes: "plugin.crashed" },
    source: python("os.write(4, b'no message\\n')\ntime.sleep(30)"),
  },
  {
    ...{ name: "writes to the agent without an end", runtime: "python", comes: "plugin.crashed" },
    source: python("while True: os.write(4, b'x' * 65536)"),
  },
  {
    ...{ name: "closes the agent's descriptors", runtime: "python", comes: "plugin.crashed" },
    source: python("os.close(4)\ntime.sleep(30)"),
  },
  {
    ...{ name: "opens files without end", runtime: "python", comes: "plugin.failed" },
    source: python("kept = []\nwhile True: kept.append(open('/dev/null'))"),
  },
  {
    ...{ name: "floods the log", runtime: "node", comes: "answers" },
    source:
      "export default async (_, { log, emit }) => { for (let i = 0; i < 50000; i += 1) { log.info('again', i); emit('x', i); } return 1; }",
    shows: ({ lines }) => expect(lines.length).toBeLessThan(30_000),
  },
  {
    ...{ name: "leaves a process behind", runtime: "python", comes: "answers" },
    options: { isolated: true },
    source: python(
      "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.close(4)\n        time.sleep(600)\n    os._exit(0)\nos.wait()\nreturn 1",
    ),
  },
  {
    ...{ name: "forks without end", runtime: "python" },
    options: { limits: { processes: 24 } },
    ...{ comes: /^plugin\.(failed|crashed|timed-out)$/, timeoutMs: 3_000 },
    source: python("while True:\n    try: os.fork()\n    except OSError: time.sleep(0.01)"),
  },
];

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "answers";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

/** Calls a neighbour until told to end; answers its longest call and the loop's longest stand. */
const watch = (neighbour: Opened) => {
  let isOver = false;
  let longestCallMs = 0;
  let longestStandMs = 0;
  let at = performance.now();
  const loop = setInterval(() => {
    longestStandMs = Math.max(longestStandMs, performance.now() - at - 20);
    at = performance.now();
  }, 20);
  const calling = (async () => {
    while (!isOver) {
      const began = performance.now();
      await neighbour.call({});
      longestCallMs = Math.max(longestCallMs, performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return async () => {
    isOver = true;
    await calling;
    clearInterval(loop);
    return { longestCallMs, longestStandMs };
  };
};

/** One test an abuse, on a machine of the caller's. */
export const testAbuses = (
  machineOf: () => TestMachine,
  isTried: (name: string) => boolean = () => true,
): void => {
  for (const { name, runtime, source, options, timeoutMs, comes, shows } of abuses.filter((each) =>
    isTried(each.name),
  ))
    it(`a plugin that ${name}: ${comes}, and nobody else notices`, async () => {
      const machine = machineOf();
      const neighbour = machine.open("python", python("return 1"));
      await neighbour.call({});
      const over = watch(neighbour);
      const opened = machine.open(runtime, source, options);
      const code = await codeOf(opened.call({}, timeoutMs ?? 20_000));
      const { longestCallMs, longestStandMs } = await over();
      if (typeof comes === "string") expect(code).toBe(comes);
      else expect(code).toMatch(comes);
      await shows?.(opened);
      expect(longestCallMs).toBeLessThan(NEIGHBOUR_PATIENCE_MS);
      expect(longestStandMs).toBeLessThan(LOOP_PATIENCE_MS);
      await opened.instance.close();
      expect(allProcessesOf(opened.stateFolder)).toEqual([]);
      await neighbour.instance.close();
    }, 60_000);
};
