// A cloud's life: take the folder, start, tell, wait, stop; again when a restore wants it.
import { join } from "node:path";
import {
  type BoardInfo,
  fail,
  type PluginRuntime,
  type ProjectId,
  pluginRuntimes,
} from "@s4t/contract";
import { type Log, systemClock } from "@s4t/kit";
import { readFileIfThere, writeFileAtomic } from "@s4t/kit/node";
import { type Cloud, composeCloud } from "../compose.ts";
import { type Configuration, readConfig, settingsHelp } from "../config.ts";
import { applyPendingRestore } from "../modules/backup/index.ts";
import { everything, systemActor } from "../policy/index.ts";
import { openDataFolder, rememberAsCurrent } from "./data-folder.ts";
import { createDemo, type Demo } from "./demo.ts";
import { createCloudLog } from "./log.ts";
import { createOwnBoard, ownBoardName } from "./own-board.ts";
import { tellStory } from "./story.ts";

/** How long the start waits for boards of this machine, its own and simulated ones, before it tells that it is ready. */
export const FIRST_BOARDS_WAIT_MS = 5_000;
const pollMs = 25;

export interface RunOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

/** At the first start: an administrator whose password only admin.json knows. Keeps the address in it true. */
const ensureAdmin = async (cloud: Cloud, folder: string, url: string): Promise<string> => {
  if (cloud.identity.managedAt !== null) return "";
  const file = join(folder, "admin.json");
  const made = await cloud.identity.users.ensureAdministrator();
  const known = JSON.parse(readFileIfThere(file) ?? "{}") as {
    username?: string;
    password?: string;
    url?: string;
  };
  const next = made ? { username: made.name, password: made.password, url } : { ...known, url };
  if (made || known.url !== url) writeFileAtomic(file, `${JSON.stringify(next, null, 2)}\n`);
  return next.username ?? "admin";
};

/** What a link that signs in has behind it; nothing where people are managed elsewhere. */
const signInOf = async ({ identity }: Cloud, username: string): Promise<string> => {
  if (identity.managedAt !== null) return "";
  const user = await identity.users.find(username);
  if (!user) throw fail("user.not-found");
  return `#${await identity.sessions.createLink(user)}`;
};

const ownBoardOf = async (cloud: Cloud, folder: string, url: string, log: Log) => {
  const project = await cloud.identity.projects.resolve("default");
  if (!project) return undefined;
  const scope = everything;
  return createOwnBoard({
    folder: join(folder, "agent"),
    url,
    clock: systemClock,
    log,
    enrol: async (name) => {
      const found = await cloud.boards.row(scope, name).catch(() => undefined);
      if (found)
        return (await cloud.boards.rearm(systemActor, scope, found.uuid, { isHere: true }))
          .enrolment;
      return (
        await cloud.boards.create(systemActor, project as ProjectId, { name }, { isHere: true })
      ).enrolment.enrolment;
    },
  });
};

const infoOf = (row: { readonly info: string | null } | undefined): Partial<BoardInfo> =>
  JSON.parse(row?.info ?? "{}");

/** Online, and it has said what it is; what holds plugins it finds out after it joined. */
const isKnown = async (cloud: Cloud, name: string): Promise<boolean> => {
  const row = await cloud.boards.row(everything, name).catch(() => undefined);
  return row?.connected === 1 && infoOf(row).plugins !== undefined;
};

/** What can run plugins on a board, as it says itself. */
const runtimesOf = async (cloud: Cloud, name: string): Promise<PluginRuntime[]> => {
  const { plugins } = infoOf(await cloud.boards.row(everything, name).catch(() => undefined));
  return pluginRuntimes.filter((runtime) => typeof plugins?.[runtime] === "string").reverse();
};

const waitFor = async (isThere: () => Promise<boolean>, signal: AbortSignal): Promise<void> => {
  const ends = systemClock.monotonicMs() + FIRST_BOARDS_WAIT_MS;
  while (systemClock.monotonicMs() < ends && !signal.aborted && !(await isThere()))
    await new Promise((resolve) => setTimeout(resolve, pollMs));
};

const demoOf = async (
  cloud: Cloud,
  folder: string,
  { url, count }: { readonly url: string; readonly count: number },
  log: Log,
): Promise<Demo | undefined> => {
  const project = await cloud.identity.projects.resolve("default");
  return project
    ? createDemo({
        folder: join(folder, "demo"),
        url,
        count,
        project: project as ProjectId,
        boards: cloud.boards,
        clock: systemClock,
        log,
      })
    : undefined;
};

/** One life of the cloud: until the signal (`stop`) or a restore (`again`). */
const live = async (
  configuration: Configuration,
  folder: string,
  log: Log,
  options: RunOptions,
): Promise<"stop" | "again"> => {
  const started = systemClock.monotonicMs();
  let again: () => void = () => {};
  const restarted = new Promise<"again">((resolve) => {
    // A moment later: the request that asks for it wants its answer first.
    again = () => setTimeout(() => resolve("again"), 100);
  });
  const { config } = configuration;
  const cloud = await composeCloud(configuration, folder, {
    clock: systemClock,
    log,
    restart: again,
  });
  await cloud.start();
  const url = `http://127.0.0.1:${cloud.http.port()}`;
  const username = await ensureAdmin(cloud, folder, url);
  const ownBoard = config.board === "auto" ? await ownBoardOf(cloud, folder, url, log) : undefined;
  const demo = await demoOf(cloud, folder, { url, count: config.demo }, log);
  try {
    await ownBoard?.start?.();
    await demo?.start?.();
    if (ownBoard) await waitFor(() => isKnown(cloud, ownBoardName()), options.signal);
    const demoOnline = async () => (await demo?.online()) ?? 0;
    await waitFor(async () => (await demoOnline()) >= config.demo, options.signal);
    const signIn = await signInOf(cloud, username);
    const remembered = rememberAsCurrent(folder, options.env, options.home);
    options.tell(
      tellStory({
        url,
        link: `${url}/app/sign-in${signIn}`,
        managedAt: cloud.identity.managedAt,
        folder,
        board: ownBoard ? ownBoardName() : null,
        runtimes: ownBoard ? await runtimesOf(cloud, ownBoardName()) : [],
        demo: { boards: config.demo, online: await demoOnline() },
        tookMs: systemClock.monotonicMs() - started,
        remembered,
        lanUrl: cloud.lanUrl(),
      }),
    );
    const stopped = new Promise<"stop">((resolve) => {
      if (options.signal.aborted) resolve("stop");
      options.signal.addEventListener("abort", () => resolve("stop"), { once: true });
    });
    return await Promise.race([stopped, restarted]);
  } finally {
    await Promise.all([ownBoard?.stop?.(), demo?.stop?.()]);
    await cloud.stop();
  }
};

/** Runs a cloud until the signal aborts. Throws coded errors for what keeps it from starting. */
export const runCloud = async (options: RunOptions): Promise<void> => {
  if (options.args.some((arg) => arg === "--help" || arg === "-h"))
    return options.tell(settingsHelp());
  const configuration = readConfig(options.args, options.env);
  const { config } = configuration;
  const log = createCloudLog(config["log.level"] as "info");
  const held = openDataFolder(config.data);
  try {
    for (;;) {
      if (applyPendingRestore(held.path)) log.info("A backup was restored");
      if ((await live(configuration, held.path, log, options)) === "stop") return;
    }
  } finally {
    held.release();
  }
};
