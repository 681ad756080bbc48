// A whole cloud in the test's process, on a free port of loopback and the database that the run is about, and a plain HTTP client
// for it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ProblemDetails } from "@s4t/contract";
import { createLog, type LogLine, systemClock } from "@s4t/kit";
import { type Cloud, type CloudDependencies, composeCloud } from "../src/compose.ts";
import { readConfig } from "../src/config.ts";

/** What a request says besides its method and path. */
export interface Asked {
  readonly token?: string | undefined;
  /** Header `s4t-project`. */
  readonly project?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, as `application/json` unless a header says otherwise. */
  readonly raw?: string | Uint8Array;
}

/** An answer, its JSON parsed. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every form
  readonly body: any;
  /** Code of the problem, where it is one. */
  readonly code: string | undefined;
}

export interface TestCloud {
  readonly cloud: Cloud;
  readonly url: string;
  /** Its data folder. */
  readonly folder: string;
  /** Password of the administrator `admin`. */
  readonly password: string;
  /** Bearer token of that administrator. */
  readonly admin: string;
  /** Everything that was logged at `warn` and above. */
  readonly complaints: readonly LogLine[];
  call(method: string, path: string, asked?: Asked): Promise<Answered>;
  signIn(name: string, password: string): Promise<string>;
  /** Changes rows behind the cloud's back, to states that only a board could bring about, or asks for them. */
  sql(statement: string, ...values: Value[]): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

const readAnswer = async (response: Response): Promise<Answered> => {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  const body = isJson && text !== "" ? JSON.parse(text) : undefined;
  const isProblem = response.headers.get("content-type") === "application/problem+json";
  return {
    status: response.status,
    headers: response.headers,
    text,
    body,
    code: isProblem ? (body as ProblemDetails).code : undefined,
  };
};

type Value = string | number | null;

/** What a cloud is told about its database, and how a test gets at it behind the cloud's back. */
interface Beneath {
  readonly args: readonly string[];
  sql(statement: string, values: readonly Value[]): Promise<readonly Record<string, unknown>[]>;
  drop(): Promise<void>;
}

const beneathSqlite = (folder: string): Beneath => ({
  args: [],
  async sql(statement, values) {
    const database = new DatabaseSync(join(folder, "database", "cloud.sqlite"));
    try {
      return database.prepare(statement).all(...values);
    } finally {
      database.close();
    }
  },
  async drop() {},
});

const beneathPostgres = async (): Promise<Beneath> => {
  const { Client } = await import("pg");
  const { createDatabaseForTest } = await import("./postgres.ts");
  const { url, drop } = await createDatabaseForTest();
  return {
    args: ["--database.driver", "postgres", "--database.postgres.url", url],
    async sql(statement, values) {
      const client = new Client({ connectionString: url });
      await client.connect();
      try {
        await client.query("select set_config('s4t.projects', 'all', false)");
        let count = 0;
        const { rows } = await client.query(
          statement.replaceAll("?", () => `$${++count}`),
          [...values],
        );
        return rows;
      } finally {
        await client.end();
      }
    },
    drop,
  };
};

/** Starts one, with its first administrator signed in; `args`: settings besides those of every test. */
export const openTestCloud = async (
  deps: Partial<CloudDependencies> = {},
  args: readonly string[] = [],
): Promise<TestCloud> => {
  const folder = mkdtempSync(join(tmpdir(), "s4t-cloud-"));
  const beneath =
    process.env.TEST_DATABASE === "postgres" ? await beneathPostgres() : beneathSqlite(folder);
  const complaints: LogLine[] = [];
  const cloud = await composeCloud(
    readConfig(["--data", folder, "--port", "0", "--board", "off", ...beneath.args, ...args], {}),
    folder,
    {
      clock: systemClock,
      log: createLog((line) => complaints.push(line), "warn"),
      restart: () => {},
      ...deps,
    },
  );
  await cloud.start();
  const url = `http://127.0.0.1:${cloud.http.port()}`;
  const made = await cloud.identity.users.ensureAdministrator();
  const password = made?.password ?? "";

  const call = async (method: string, path: string, asked: Asked = {}): Promise<Answered> => {
    const body = asked.raw ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body));
    return readAnswer(
      await fetch(url + path, {
        method,
        redirect: "manual",
        headers: {
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(asked.token === undefined ? {} : { authorization: `Bearer ${asked.token}` }),
          ...(asked.project === undefined ? {} : { "s4t-project": asked.project }),
          ...asked.headers,
        },
        ...(body === undefined ? {} : { body: body as BodyInit }),
      }),
    );
  };
  const signIn = async (name: string, word: string): Promise<string> =>
    (
      await call("POST", "/api/session", {
        body: { method: "password", name, password: word },
      })
    ).body.token;
  const admin = await signIn("admin", password);
  return {
    cloud,
    url,
    folder,
    password,
    admin,
    complaints,
    call,
    signIn,
    sql: (statement, ...values) => beneath.sql(statement, values),
    async close() {
      await cloud.stop();
      await beneath.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
