// What a running cloud tells the kernel, read from strace: which bytes of a write went to the log of the database, when they were
// flushed, and when the client was answered.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startCloud, temporaryFolder } from "./program.ts";

/** One system call: where its line begins and where its result stands, as numbers of lines. */
interface SystemCall {
  readonly name: string;
  readonly text: string;
  readonly began: number;
  readonly ended: number;
}

/** Lines of `strace -f`: a call that another thread's call interrupts stands on two lines. */
export const parseTrace = (text: string): readonly SystemCall[] => {
  const calls: SystemCall[] = [];
  const open = new Map<string, { text: string; began: number }>();
  for (const [i, line] of text.split("\n").entries()) {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>/.exec(rest);
    if (resumed) {
      const first = open.get(thread);
      open.delete(thread);
      if (first)
        calls.push({ name: resumed[1] ?? "", text: first.text, began: first.began, ended: i });
      continue;
    }
    const name = /^(\w+)\(/.exec(rest)?.[1];
    if (name === undefined) continue;
    if (rest.endsWith("<unfinished ...>")) open.set(thread, { text: rest, began: i });
    else calls.push({ name, text: rest, began: i, ended: i });
  }
  return calls;
};

export interface Durability {
  /** Writes that were acknowledged, and of which log, flush and answer are all in the trace, in that order. */
  readonly covered: number;
  /** Markers of writes that were acknowledged before they were flushed. */
  readonly early: readonly string[];
}

const isLog = ({ name, text }: SystemCall) =>
  name === "pwrite64" && /^pwrite64\(\d+<[^>]*cloud\.sqlite-wal>/.test(text);
const isFlush = ({ name, text }: SystemCall) =>
  /^(fsync|fdatasync)$/.test(name) && text.includes("cloud.sqlite-wal>");
const isAnswer = ({ name, text }: SystemCall) =>
  /^(write|writev|sendto|sendmsg)$/.test(name) && /HTTP\/1\.1 2\d\d /.test(text);

/** Looks at acknowledged writes, each with a marker that stands in what is written and in the answer. */
export const durabilityOf = (
  calls: readonly SystemCall[],
  markers: readonly string[],
): Durability => {
  let covered = 0;
  const early: string[] = [];
  for (const marker of markers) {
    const answer = calls.find((call) => isAnswer(call) && call.text.includes(marker));
    if (!answer) continue;
    const logged = calls.filter(
      (call) => isLog(call) && call.text.includes(marker) && call.began < answer.began,
    );
    const last = Math.max(...logged.map((call) => call.ended));
    const flushed = calls.some(
      (call) => isFlush(call) && call.began > last && call.ended < answer.began,
    );
    if (logged.length > 0 && flushed) covered += 1;
    else early.push(marker);
  }
  return { covered, early };
};

/** Runs a build of the cloud under strace and makes `count` boards in it. */
export const traceWrites = async (count: number, bundle?: string): Promise<Durability> => {
  const folder = temporaryFolder();
  const trace = join(folder.path, "trace");
  try {
    const cloud = await startCloud(join(folder.path, "data"), {
      ...(bundle === undefined ? {} : { bundle }),
      under: [
        ...["strace", "-f", "-y", "-s", "16384", "-o", trace],
        ...["-e", "trace=pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync"],
      ],
    });
    const markers = Array.from({ length: count }, (_, i) => `durable-${i}-end`);
    try {
      await cloud.signIn();
      for (const name of markers) {
        const { status, text } = await cloud.call("POST", "/api/boards", { name });
        if (status !== 201) throw new Error(text);
      }
    } finally {
      await cloud.kill("SIGTERM");
    }
    return durabilityOf(parseTrace(readFileSync(trace, "utf8")), markers);
  } finally {
    folder.remove();
  }
};
