// The cloud as users run it: the built program in a process of its own, on a free port, with what it says kept.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../scripts/repository.ts";
import { databaseArgs } from "./database.ts";

/** The program that `npm start` runs. */
export const cloudBundle = join(root, "apps/iotronic/dist/main.js");
/** Longest that a start is waited for before the test gives up; what it may take is each test's to say. */
const startTimeoutMs = 30_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every form
  readonly body: any;
  readonly text: string;
}

export interface CloudOptions {
  /** Settings as on the command line. */
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Program that runs the cloud, with its arguments: `strace -f …`. */
  readonly under?: readonly string[];
  /** Another build of the cloud. */
  readonly bundle?: string;
}

/** A program that may not have come up. */
export interface Launched {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Standard output and error so far. */
  said(): string;
}

export interface RunningCloud extends Launched {
  readonly url: string;
  /** From the start of the process to the line that says that it is ready. */
  readonly readyMs: number;
  /** Signs in as the administrator and keeps the token for `call`. */
  signIn(): Promise<string>;
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** A path as the cloud sees it, which may have a mount of its own there. */
  seen(path: string): string;
  kill(signal: NodeJS.Signals): Promise<Ended>;
}

/** A folder that goes when the test ends it. */
export const temporaryFolder = (): { readonly path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), "s4t-e2e-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

/** A port that nobody had a moment ago, for a cloud that must keep it over a restart. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** Starts the program, on SQLite unless said, and does not wait. */
export const launchCloud = (folder: string, options: CloudOptions = {}): Launched => {
  const bundle = options.bundle ?? cloudBundle;
  if (!existsSync(bundle)) throw new Error(`${bundle} is not built: npm run build`);
  const [program = "", ...args] = [
    ...(options.under ?? []),
    process.execPath,
    "--disable-warning=ExperimentalWarning",
    bundle,
    ...["--data", folder, "--port", "0", "--board", "off"],
    ...(options.args ?? []),
  ];
  const child = spawn(program, args, {
    // Nothing of the user who runs the tests: no settings from outside, no "current" cloud of theirs changed.
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      NODE_COMPILE_CACHE: join(root, ".cache/compile"),
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (piece: string) => {
      said += piece;
    });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return { child, ended, said: () => said };
};

const readAnswer = async (response: Response): Promise<Answer> => {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "") && text !== "";
  return { status: response.status, text, body: isJson ? JSON.parse(text) : undefined };
};

const untilReady = async (launched: Launched): Promise<string> => {
  const ends = performance.now() + startTimeoutMs;
  let isOver = false;
  launched.ended.then(
    () => {
      isOver = true;
    },
    () => {
      isOver = true;
    },
  );
  for (;;) {
    const url = /API +(http:\/\/[\d.]+:\d+)\//.exec(launched.said())?.[1];
    if (url !== undefined) return url;
    if (isOver || performance.now() > ends)
      throw new Error(`the cloud did not come up:\n${launched.said()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** Pid of the cloud itself: where it runs under another program that did not become it, of that one's child. */
const pidOf = (child: ChildProcess): number => {
  const pid = Number(child.pid);
  if (readlinkSync(`/proc/${pid}/exe`) === process.execPath) return pid;
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")[0]);
};

/** Starts a cloud on a data folder and waits until it says that it is ready. */
export const startCloud = async (
  folder: string,
  options: CloudOptions = {},
): Promise<RunningCloud> => {
  const args = options.args ?? [];
  const database = await databaseArgs(folder, args);
  const began = performance.now();
  const launched = launchCloud(folder, { ...options, args: [...database, ...args] });
  const url = await untilReady(launched);
  const readyMs = performance.now() - began;
  let token = "";
  const call: RunningCloud["call"] = async (method, path, body, headers = {}) =>
    readAnswer(
      await fetch(url + path, {
        method,
        headers: {
          ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  const seen = (path: string): string => `/proc/${pidOf(launched.child)}/root${path}`;
  return {
    ...launched,
    url,
    readyMs,
    call,
    seen,
    async signIn() {
      const { username, password } = JSON.parse(
        readFileSync(seen(join(folder, "admin.json")), "utf8"),
      ) as { username: string; password: string };
      const answer = await call("POST", "/api/session", {
        method: "password",
        name: username,
        password,
      });
      if (answer.status !== 200) throw new Error(`could not sign in: ${answer.text}`);
      token = answer.body.token;
      return token;
    },
    kill(signal) {
      if (launched.child.exitCode === null && launched.child.signalCode === null)
        process.kill(pidOf(launched.child), signal);
      return launched.ended;
    },
  };
};

/** All items of a list, page by page. */
export const listAll = async (
  cloud: RunningCloud,
  path: string,
  query: Readonly<Record<string, string>> = {},
  // biome-ignore lint/suspicious/noExplicitAny: rows of any list
): Promise<any[]> => {
  const items: unknown[] = [];
  for (let after: string | null = null; ; ) {
    const asked = new URLSearchParams({
      ...query,
      limit: "1000",
      ...(after === null ? {} : { after }),
    });
    const { status, body, text } = await cloud.call("GET", `${path}?${asked}`);
    if (status !== 200) throw new Error(text);
    items.push(...body.items);
    after = body.next;
    if (after === null) return items;
  }
};
