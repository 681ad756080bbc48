// A server that speaks as the contract says, with answers that a test chooses, and the command line as a real process.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach } from "vitest";
import { buildBundle, bundles } from "../../../scripts/bundles.ts";
import { root } from "../../../scripts/repository.ts";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}
export interface Answer {
  readonly status?: number;
  readonly json?: unknown;
  /** Sent as it is, in place of JSON. */
  readonly bytes?: string;
}

/** Answers a request; a promise that never settles is a cloud that hangs. */
export type Answering = (seen: Seen) => Answer | Promise<Answer>;

export const problem = (code: string, status = 400): Answer => ({
  status,
  json: {
    type: `urn:s4t:error:${code}`,
    title: `It is ${code}.`,
    status,
    code,
    retryable: false,
    details: { because: "test" },
  },
});

export interface FakeCloud {
  readonly url: string;
  readonly seen: readonly Seen[];
  close(): void;
}

export const openFakeCloud = async (answering: Answering): Promise<FakeCloud> => {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += String(piece);
    const url = new URL(request.url ?? "/", "http://cloud");
    const one: Seen = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body:
        request.headers["content-type"] === "application/octet-stream" || body === ""
          ? undefined
          : JSON.parse(body),
    };
    seen.push(one);
    const { status = 200, json, bytes } = await answering(one);
    const type = bytes === undefined ? "application/json" : "application/octet-stream";
    response.writeHead(status, { "content-type": type });
    response.end(status === 204 ? undefined : (bytes ?? JSON.stringify(json)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Sends SIGINT when this settles. */
  readonly interruptAfter?: Promise<unknown>;
}

/** A home of its own, so that no sign-in of this machine's user is found. */
export const createHome = (): { readonly path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), "s4t-cli-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

/** Makes the program that `./s4t` runs: one file, as people get it. Before the first {@link runCli}. */
export const buildCli = (): Promise<boolean> => buildBundle("cli");

/** Runs `s4t …` to its end. */
export const runCli = (
  home: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, bundles.cli.out), ...args], {
      env: { PATH: process.env.PATH ?? "", HOME: home, ...options.env },
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (piece: Buffer) => {
      out += String(piece);
    });
    child.stderr.on("data", (piece: Buffer) => {
      err += String(piece);
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
    child.stdin.end(options.input ?? "");
    options.interruptAfter?.then(() => child.kill("SIGINT"), reject);
  });

/** Each test gets a home of its own and, once it opens one, a cloud; both go with it. */
export const useCli = () => {
  let home: ReturnType<typeof createHome>;
  let cloud: FakeCloud | undefined;
  beforeAll(buildCli);
  beforeEach(() => {
    home = createHome();
  });
  afterEach(() => {
    cloud?.close();
    cloud = undefined;
    home.remove();
  });
  return {
    home: () => home.path,
    /** A cloud that answers so, and the command line signed in there. */
    async open(answering: Answering) {
      cloud?.close();
      cloud = await openFakeCloud(answering);
      const { seen, url } = cloud;
      const env = { S4T_URL: url, S4T_TOKEN: "secret" };
      const run = (args: readonly string[], options: RunOptions = {}) =>
        runCli(home.path, args, { ...options, env: { ...env, ...options.env } });
      return { run, seen, url };
    },
  };
};
