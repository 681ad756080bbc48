// A cloud of its own for a benchmark: the program that users run, on a free port of loopback, with its administrator signed in.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloudNodeArguments } from "../../scripts/bundles.ts";
import { root } from "../../scripts/repository.ts";
import { type RunningProgram, startProgram } from "./program.ts";

export interface BenchCloud {
  readonly url: string;
  readonly folder: string;
  readonly program: RunningProgram;
  /** Bearer token of the administrator. */
  readonly token: string;
  /** Calls the API as the administrator; throws unless it is a success. */
  call<Reply>(method: string, path: string, body?: unknown, token?: string): Promise<Reply>;
  stop(): Promise<void>;
}

export interface CloudOptions {
  /** An existing data folder; absent: a new one. */
  readonly folder?: string;
  /** Leaves the data folder for a later one to use; absent: it is removed with the cloud. */
  readonly keepFolder?: boolean;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArguments?: readonly string[];
}

const callOn =
  (url: string, own: () => string | undefined) =>
  async <Reply>(method: string, path: string, body?: unknown, token = own()): Promise<Reply> => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new TypeError(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? null : JSON.parse(text)) as Reply;
  };

/** Starts one. `npm run bench` has built it. */
export const startCloud = async (options: CloudOptions = {}): Promise<BenchCloud> => {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "s4t-bench-"));
  const program = await startProgram({
    file: join(root, "apps/iotronic/dist/main.js"),
    args: [
      ...["--data", folder, "--port", "0", "--board", "off", "--log.level", "warn"],
      ...(options.args ?? []),
    ],
    // Whoever runs it has a cloud of their own: this one must not become the one that ./s4t finds.
    env: { XDG_STATE_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder, ...options.env },
    // As `npm start` runs it.
    nodeArguments: [...cloudNodeArguments, ...(options.nodeArguments ?? [])],
    ready: /is running/,
  });
  const { url, username, password } = JSON.parse(
    readFileSync(join(folder, "admin.json"), "utf8"),
  ) as { url: string; username: string; password: string };
  let token: string | undefined;
  const call = callOn(url, () => token);
  const session = await call<{ token: string }>("POST", "/api/session", {
    method: "password",
    name: username,
    password,
  });
  token = session.token;
  return {
    url,
    folder,
    program,
    token,
    call,
    async stop() {
      await program.stop();
      if (!options.keepFolder) rmSync(folder, { recursive: true, force: true });
    },
  };
};

interface Created {
  readonly board: { readonly uuid: string };
  readonly enrolment: { readonly enrolment: string };
}

/** Makes a board and runs the agent of it as its own process; resolves when it is online. */
export const startAgent = async (
  cloud: BenchCloud,
  name: string,
): Promise<{ readonly uuid: string; readonly program: RunningProgram; stop(): Promise<void> }> => {
  const { board, enrolment } = await cloud.call<Created>("POST", "/api/boards", { name });
  const folder = mkdtempSync(join(tmpdir(), "s4t-bench-agent-"));
  const program = await startProgram({
    file: join(root, "apps/lightning-rod/dist/main.js"),
    args: ["run", "--data", folder, "--enrol", enrolment.enrolment],
    ready: /Enrolled/,
  });
  for (let tries = 0; ; tries += 1) {
    const { status } = await cloud.call<{ status: string }>("GET", `/api/boards/${board.uuid}`);
    if (status === "online") break;
    if (tries === 200) throw new TypeError(`the agent did not come online: ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    uuid: board.uuid,
    program,
    async stop() {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
