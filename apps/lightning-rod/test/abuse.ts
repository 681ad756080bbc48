// Plugins that misbehave, and what has to come of it, as data: the same at each level of isolation, for root and for an ordinary
// user. `abuse-run.ts` tries them.
import type { Opened, OpenOptions } from "./runtime.ts";

export interface Abuse {
  readonly name: string;
  readonly runtime: "node" | "python";
  readonly source: string;
  readonly options?: OpenOptions;
  readonly timeoutMs?: number;
  /** Code of the error, or "answers" where the call comes back well. */
  readonly comes: string | RegExp;
  /** What is not as it has to be, looked at after the call; nothing where all is well. */
  readonly wrong?: (opened: Opened, tookMs: number) => readonly (string | false)[];
  /** It makes processes without end: at least so many are seen, and not many more than it may have. */
  readonly isForking?: boolean;
}

/** Processes that a plugin that forks without end may have. */
export const FORKS_ALLOWED = 24;

const python = (body: string): string =>
  `import os, sys, time, signal\ndef main(params, ctx):\n${body
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n")}\n`;

/** Of a million lines. */
const tooMany = ({ lines }: Opened) => [
  lines.length >= 20_000 && `${lines.length} lines`,
  !lines.some(({ text }) => text.includes("lines are left out")) && "nothing says what is left out",
];

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
    ...{ name: "dies of a signal (Node)", runtime: "node", comes: "plugin.crashed" },
    source: "export default async () => { process.kill(process.pid, 'SIGSEGV'); for (;;); }",
  },
  {
    ...{ name: "never ends (Python)", runtime: "python", comes: "plugin.timed-out" },
    timeoutMs: 1_500,
    source: python("while True: pass"),
  },
  {
    ...{ name: "never ends (Node)", runtime: "node", comes: "plugin.timed-out", timeoutMs: 1_500 },
    source: "export default async () => { for (;;); }",
  },
  {
    ...{
      name: "never ends and hears nothing (Python)",
      runtime: "python",
      comes: "plugin.timed-out",
    },
    timeoutMs: 1_500,
    source: python(
      "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\nwhile True: pass",
    ),
  },
  {
    ...{ name: "never ends and hears nothing (Node)", runtime: "node", comes: "plugin.timed-out" },
    timeoutMs: 1_500,
    source: `export default async () => {
  for (const name of ["SIGTERM", "SIGHUP", "SIGINT"]) process.on(name, () => {});
  for (;;);
};`,
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
    ...{ name: "writes 100 MB of lines (Python)", runtime: "python", comes: "answers" },
    source: python(
      "line = 'x' * 99 + '\\n'\nfor _ in range(1000): sys.stdout.write(line * 1000)\nreturn 1",
    ),
    wrong: tooMany,
  },
  {
    ...{ name: "writes 100 MB of lines (Node)", runtime: "node", comes: "answers" },
    source: `import { writeSync } from "node:fs";
const block = ("x".repeat(99) + "\\n").repeat(1000);
export default async () => { for (let n = 0; n < 1000; n += 1) writeSync(1, block); return 1; };`,
    wrong: tooMany,
  },
  {
    ...{ name: "writes one line of 20 MB", runtime: "node", comes: "answers" },
    source: "export default async () => { console.log('y'.repeat(20_000_000)); return 1; }",
    wrong: ({ lines }) => [lines.some(({ text }) => text.length > 4_096) && "a line is too long"],
  },
  {
    ...{ name: "answers 50 MB (Node)", runtime: "node", comes: "plugin.result-too-large" },
    source: "export default async () => 'z'.repeat(50_000_000);",
  },
  {
    ...{ name: "answers 50 MB (Python)", runtime: "python", comes: "plugin.result-too-large" },
    source: python("return 'z' * 50000000"),
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
    // What becomes lines is bounded a second, however long a slow machine takes for all of them.
    wrong: ({ lines }, tookMs) => [
      lines.length > 15_000 * (1 + Math.ceil(tookMs / 1_000)) && `${lines.length} lines`,
    ],
  },
  {
    ...{ name: "leaves a process behind", runtime: "python", comes: "answers" },
    options: { isolated: true },
    source: python(
      "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.close(4)\n        time.sleep(600)\n    os._exit(0)\nos.wait()\nreturn 1",
    ),
  },
  {
    ...{ name: "forks without end (Python)", runtime: "python", isForking: true },
    options: { limits: { processes: FORKS_ALLOWED } },
    ...{ comes: /^plugin\.(failed|crashed|timed-out)$/, timeoutMs: 3_000 },
    source: python("while True:\n    try: os.fork()\n    except OSError: time.sleep(0.01)"),
  },
  {
    ...{ name: "forks without end (Node)", runtime: "node", isForking: true },
    options: { limits: { processes: FORKS_ALLOWED }, needs: { children: true } },
    ...{ comes: /^plugin\.(failed|crashed|timed-out)$/, timeoutMs: 3_000 },
    // Where no more can be made a shell ends; what sleeps is there to be counted.
    source: `import { spawn } from "node:child_process";
const bomb = "while :; do sleep 30 & sh -c \\"$0\\" \\"$0\\" & done";
export default async () => {
  const light = () => {
    try {
      spawn("/bin/sh", ["-c", bomb, bomb], { stdio: "ignore" }).on("error", () => setTimeout(light, 10));
    } catch { setTimeout(light, 10); }
  };
  for (let n = 0; n < 4; n += 1) light();
  await new Promise(() => {});
};`,
  },
];
