// Runs every attempt on a machine of one level, beside an agent (this process) with a key and another plugin that runs.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Bug } from "@s4t/kit";
import { attempts, type Level, type Outcome } from "./escape.ts";
import { levels, type Opened, openTestMachine, type TestMachine } from "./runtime.ts";

export interface Tried {
  readonly attempt: string;
  readonly runtime: "node" | "python";
  readonly expected: Outcome;
  /** `broken`: it came to an end that no refusal explains, so that it shows nothing. */
  readonly outcome: Outcome | "broken";
  /** What kept it, or nothing. */
  readonly how: string;
}

export interface TriedMachine {
  readonly isolation: TestMachine["isolation"];
  readonly tried: readonly Tried[];
}

/** How systems, runtimes and the agent say no. What else an attempt throws is a fault of the attempt. */
const refusals =
  /ERR_ACCESS_DENIED|restricted|not permitted|denied|E(?:ACCES|PERM|NOENT|SRCH|ROFS|FBIG|NOSPC|AGAIN|CONNREFUSED|NETUNREACH)\b|No such (?:file|process)|Read-only|too large|Connection refused|unreachable|cannot keep|exceeds|maximum limit|ulimit|allocate memory|allocation failed|MemoryError|Invalid argument|SIG[A-Z]+|status \d+/i;

/** What came otherwise than the guide says. */
export const surprisesOf = ({ tried }: TriedMachine): Tried[] =>
  tried.filter(({ expected, outcome }) => expected !== outcome);

const sourceOf = (runtime: "node" | "python", body: string): string =>
  runtime === "node"
    ? `import fs from "node:fs";\nexport default async (p) => { ${body} };\n`
    : `import os\ndef main(p, ctx):\n    ${body}\n`;

/** Longest until a process has become its plugin's user's. */
const WAITING_MS = 10_000;

/** The process that waits to take over, once it is its plugin's user's. */
const waitingPid = async ({ instance, stateFolder }: Opened): Promise<number> => {
  instance.prepare();
  for (const endMs = Date.now() + WAITING_MS; Date.now() < endMs; ) {
    const { pid } = instance.use();
    const status = pid === null ? "" : readFileSync(`/proc/${pid}/status`, "utf8");
    const uid = Number(/^Uid:\t(\d+)/m.exec(status)?.[1]);
    if (pid !== null && uid === statSync(stateFolder).uid) return pid;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Bug("the next version does not come up");
};

/** What this user's machine reaches, and what came of each attempt. */
export const tryEscapes = async (
  allow: keyof typeof levels,
  find?: (name: string) => string | undefined,
): Promise<TriedMachine> => {
  const machine = await openTestMachine(levels[allow], find);
  const { isolation } = machine;
  const { level } = isolation;
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const key = join(machine.folder, "board.key");
  writeFileSync(key, "secret", { mode: 0o600 });
  const other = machine.open("python", "def main(p, ctx):\n    ctx.state.set('secret', 1)\n");
  const outside = `/tmp/s4t-escaped-${process.pid}`;
  const tried: Tried[] = [];
  try {
    await other.call();
    for (const attempt of attempts)
      for (const runtime of ["node", "python"] as const) {
        const body = attempt[runtime];
        const expected = attempt.expected[runtime]?.[level as Level];
        if (body === null || expected === undefined) continue;
        const named = {
          name: `attempt-${tried.length}`,
          needs: attempt.needs ?? {},
          limits: { memoryMiB: 128 },
        };
        const opened = machine.open(runtime, sourceOf(runtime, body), named);
        const next = attempt.hasNext ? machine.open(runtime, "", named) : undefined;
        const given = {
          ...{ key, port, outside, top: machine.folder, agent: process.pid },
          otherState: join(other.stateFolder, "state.json"),
          otherCode: join(other.folder, "main.py"),
          otherFolder: other.stateFolder,
          other: other.instance.use().pid,
          ...(next ? { next: await waitingPid(next) } : {}),
          ownFolder: opened.folder,
          ownState: opened.stateFolder,
        };
        let outcome: Tried["outcome"] = "stopped";
        let how = "";
        try {
          const answer = await opened.call(given);
          if (answer === true || (typeof answer === "string" && existsSync(answer)))
            outcome = "open";
          else if (answer !== false && typeof answer !== "string") outcome = "broken";
        } catch (error) {
          how = error instanceof Error ? error.message : String(error);
          if (!refusals.test(how)) outcome = "broken";
        }
        rmSync(outside, { force: true });
        await opened.instance.close();
        await next?.instance.close();
        tried.push({ attempt: attempt.name, runtime, expected, outcome, how });
      }
    return { isolation, tried };
  } finally {
    server.close();
    await machine.close();
  }
};
