// What somebody who looks at the cloud waits for, while its boards are at rest or all come back: a page of the list, what the portal
// asks for before it shows boards, and the command line from its start to its end.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../../scripts/repository.ts";
import type { BenchCloud } from "../harness/cloud.ts";
import { createTimedClient } from "../harness/latency.ts";

/** Between two looks by HTTP, and between two by the command line, which is a process of its own on the same cores. */
const httpEveryMs = 200;
const commandEveryMs = 4_000;

const list = "/api/boards?limit=50";
/** What the portal's list of boards is made of, asked for at once. */
const portal = ["/api/session", "/api/boards/counts", list];

export interface Looked {
  readonly listMs: readonly number[];
  readonly portalMs: readonly number[];
  readonly commandMs: readonly number[];
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A hundred boards by part of their name. */
const runCommand = (cloud: BenchCloud): Promise<number> =>
  new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const child = spawn(
      process.execPath,
      [join(root, "apps/cli/dist/main.js"), "board", "list", "--text", "bench-77"],
      {
        env: { ...process.env, S4T_URL: cloud.url, S4T_TOKEN: cloud.token },
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0
        ? resolve(performance.now() - startedMs)
        : reject(new TypeError(`board list ended with ${code}`)),
    );
  });

/** Looks again and again until it is told to stop. */
export const startLooks = (cloud: BenchCloud): { stop(): Promise<Looked> } => {
  const clients = portal.map(() => createTimedClient());
  const looked = { listMs: [] as number[], portalMs: [] as number[], commandMs: [] as number[] };
  let isOver = false;
  const ask = (place: number, path: string): Promise<number> =>
    (clients[place] as (typeof clients)[number]).ask({
      ...{ method: "GET", url: cloud.url + path, token: cloud.token },
    });
  const byHttp = async (): Promise<void> => {
    for (; !isOver; await pause(httpEveryMs)) {
      looked.listMs.push(await ask(0, list));
      const startedMs = performance.now();
      await Promise.all(portal.map((path, i) => ask(i, path)));
      looked.portalMs.push(performance.now() - startedMs);
    }
  };
  const byCommand = async (): Promise<void> => {
    for (; !isOver; await pause(commandEveryMs)) looked.commandMs.push(await runCommand(cloud));
  };
  const both = Promise.all([byHttp(), byCommand()]);
  return {
    async stop() {
      isOver = true;
      await both;
      for (const client of clients) client.close();
      return looked;
    },
  };
};
