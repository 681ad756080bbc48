// The routers that are measured, each a process of its own whose CPU is counted: ours, fox-wamp, and a relay that only moves frames.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cborCodec, msgpackCodec } from "@s4t/wamp";
import { root } from "../../scripts/repository.ts";
import { type RunningProgram, startProgram } from "../harness/program.ts";
import { type Dialect, encoded, relayed, wamp } from "./dialect.ts";

export interface Contender {
  readonly name: string;
  readonly url: string;
  readonly dialect: Dialect;
  readonly program: RunningProgram;
}

const portOf = ({ greeting }: RunningProgram): string => /port (\d+)/.exec(greeting)?.[1] ?? "";

/** Brings fox-wamp into the cache, once for each pin. */
const bringFox = (): string => {
  const home = join(root, ".cache", "fox-wamp");
  const lock = "package-lock.json";
  const pinned = join(root, "bench/wamp/fox-wamp");
  const isThere =
    existsSync(join(home, "node_modules/fox-wamp")) &&
    readFileSync(join(home, lock), "utf8") === readFileSync(join(pinned, lock), "utf8");
  if (isThere) return home;
  mkdirSync(home, { recursive: true });
  for (const file of ["package.json", lock]) copyFileSync(join(pinned, file), join(home, file));
  const done = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: home,
    encoding: "utf8",
  });
  if (done.status !== 0) throw new TypeError(`fox-wamp could not be brought:\n${done.stderr}`);
  return home;
};

const start = async (
  name: string,
  file: string,
  dialect: Dialect,
  args: readonly string[] = [],
): Promise<Contender> => {
  const program = await startProgram({ file: join(root, file), args, ready: /port \d+\n/ });
  return { name, dialect, program, url: `ws://127.0.0.1:${portOf(program)}/` };
};

/** Starts all of them, one after the other. */
export const startRouters = async (): Promise<readonly Contender[]> => [
  await start("ours", "bench/peers/wamp-router.ts", wamp),
  await start("fox-wamp", "bench/peers/fox-router.ts", wamp, [bringFox()]),
  await start("ws relay", "bench/peers/ws-relay.ts", relayed),
];

/** Our router once more, spoken to in its other serializers. */
export const inOtherSerializers = (ours: Contender): readonly Contender[] => [
  { ...ours, name: "ours, MessagePack", dialect: encoded(msgpackCodec) },
  { ...ours, name: "ours, CBOR", dialect: encoded(cborCodec) },
];
