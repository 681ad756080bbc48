// A cloud with two projects, people of every role in one of them, and a live board there that takes its target and answers calls.
import {
  type BoardInfo,
  boardProcedures,
  cloudProcedures,
  type PluginStatus,
  type Target,
} from "@s4t/contract";
import { WampError } from "@s4t/wamp";
import { type BoardSession, type EnrolledBoard, enrolBoard, joinAs, offer } from "../board.ts";
import { openTestCloud, type TestCloud } from "../cloud.ts";
import type { Target as Conformed } from "./run.ts";

const password = "correct horse battery staple";
const ready = ["board", "plugins", "tunnel"];

const info: BoardInfo = {
  ...{ hostname: "lamp", os: "Linux", kernel: "6.1", arch: "x64", model: null, cpus: 2 },
  ...{ memoryBytes: 1_000_000_000, runtime: "node 26", agentVersion: "0.1.0" },
  ...{ agentStartedAtMs: 1, bootId: "boot", uptimeS: 5, canReboot: true },
  interfaces: [
    { name: "lo", addresses: ["127.0.0.1"], mac: null },
    { name: "eth0", addresses: ["192.168.1.7/24"], mac: "b8:27:eb:00:00:01" },
  ],
};

/** Takes what it is given, runs what it is told to: as much of an agent as the conformance file looks at. */
const play = async (session: BoardSession, board: EnrolledBoard): Promise<void> => {
  let seq = 0;
  const running = new Set<string>();
  const statusOf = (plugin: string): PluginStatus => ({
    ...{ plugin, version: "0".repeat(64), state: running.has(plugin) ? "running" : "ready" },
    ...{ pid: null, startedAtMs: null, restarts: 0, calls: 0, memoryBytes: null, cpuMs: null },
    exit: null,
  });
  const settle = async (): Promise<void> => {
    const told = await session.ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 });
    const { revision, sections } = (told as { target: Target }).target;
    const entries = Object.entries(sections).flatMap(([section, held]) =>
      (held?.entries ?? []).map(({ key, hash }) => {
        const fails = key.startsWith("broken");
        const why = { code: "plugin.damaged", sentence: "It is damaged." };
        return {
          key: `${section}/${key}`,
          hash,
          state: fails ? "failed" : "reached",
          ...(fails ? why : {}),
        };
      }),
    );
    seq += 1;
    await session.report(seq, [{ kind: "entries", revision, entries }]);
  };
  const refuse = (code: string): never => {
    throw new WampError(`s4t.error.${code.replaceAll("-", "_")}`, "The board says so.");
  };
  const answers: Readonly<Record<string, (args: never) => unknown>> = {
    [boardProcedures.link.hint.name]: () => void settle(),
    "board.ping": () => ({ atMs: 1_700_000_000_000 }),
    "board.info": () => info,
    "board.restart": () => ({ backWithinS: 5 }),
    "board.reboot": () => ({ backWithinS: 60 }),
    "plugins.call": ({ plugin, parameters }: { plugin: string; parameters: unknown }) =>
      plugin === "failing"
        ? refuse("plugin.failed")
        : { result: { heard: parameters }, version: "0".repeat(64), tookMs: 1 },
    "plugins.start": ({ plugin }: { plugin: string }) => {
      if (running.has(plugin)) refuse("plugin.running");
      running.add(plugin);
      return statusOf(plugin);
    },
    "plugins.stop": ({ plugin }: { plugin: string }) => {
      if (!running.delete(plugin)) refuse("plugin.not-running");
      return statusOf(plugin);
    },
    "plugins.restart": ({ plugin }: { plugin: string }) => {
      running.add(plugin);
      return statusOf(plugin);
    },
    "plugins.status": ({ plugin }: { plugin: string }) => statusOf(plugin),
  };
  await offer(session, board, async ({ procedure, args }) => {
    const found = Object.entries(answers).find(([name]) => procedure.endsWith(`.${name}`));
    return { args: [found?.[1](args[0] as never) ?? {}] };
  });
  seq += 1;
  await session.report(seq, [{ kind: "info", info }]);
  await settle();
};

export interface Stage extends Conformed {
  readonly cloud: TestCloud;
  close(): Promise<void>;
}

/** Puts a live board into a cloud whose people have these tokens. */
export const stageOf = async (cloud: TestCloud, tokens: Conformed["tokens"]): Promise<Stage> => {
  const board = await enrolBoard(cloud, "live", tokens.manager);
  const session = await joinAs(cloud, board, { features: ready });
  await play(session, board);
  // Joined it is at once; that it is there is on record a little later.
  const isThere = async (): Promise<boolean> => {
    const shown = await cloud.call("GET", `/api/boards/${board.uuid}`, { token: tokens.manager });
    return shown.body.connectivity.connected && shown.body.info !== null;
  };
  for (let tries = 0; !(await isThere()); tries += 1) {
    if (tries > 500) throw new TypeError("the board is not there");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    ...{ cloud, url: cloud.url, tokens, known: { online: board.uuid } },
    async close() {
      await session.session.close();
      await cloud.close();
    },
  };
};

/** Opens it, with people of the cloud's own. */
export const openStage = async (args: readonly string[] = []): Promise<Stage> => {
  const cloud = await openTestCloud({}, args);
  const made = async (method: string, path: string, body: object) => {
    const answer = await cloud.call(method, path, { token: cloud.admin, body });
    if (answer.status >= 300) throw new TypeError(answer.text);
    return answer.body;
  };
  const member = async (name: string, project: string, role: string): Promise<string> => {
    const user = await made("POST", "/api/users", { name, password });
    await made("PUT", `/api/projects/${project}/members/${user.uuid}`, { role });
    return cloud.signIn(name, password);
  };
  const own = (await made("POST", "/api/projects", { name: "harbour" })).uuid;
  const other = (await made("POST", "/api/projects", { name: "airport" })).uuid;
  return stageOf(cloud, {
    admin: cloud.admin,
    manager: await member("mara", own, "manager"),
    user: await member("ugo", own, "user"),
    auditor: await member("ada", own, "auditor"),
    stranger: await member("sam", other, "manager"),
  });
};
