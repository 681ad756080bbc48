// A cloud for a file of tests, and what they ask of it as its administrator.
import { afterAll, beforeAll } from "vitest";
import { type EnrolledBoard, enrolBoard } from "./board.ts";
import { type Answered, openTestCloud, type TestCloud } from "./cloud.ts";

export interface Administered {
  /** There from `beforeAll` on. */
  readonly cloud: TestCloud;
  ask(method: string, path: string, body?: unknown): Promise<Answered>;
  /** A board as the API shows it. */
  // biome-ignore lint/suspicious/noExplicitAny: as of every answer
  show(board: Pick<EnrolledBoard, "uuid">): Promise<any>;
  ping(board: Pick<EnrolledBoard, "uuid">): Promise<Answered>;
  /** One with a name of its own, enrolled. */
  aBoard(name?: string): Promise<EnrolledBoard>;
}

/** Opens it before the file's tests and closes it after them. */
export const administered = (): Administered => {
  const cloud = {} as TestCloud;
  beforeAll(async () => {
    Object.assign(cloud, await openTestCloud());
  }, 60_000);
  afterAll(() => cloud.close());
  let made = 0;
  const ask: Administered["ask"] = (method, path, body) =>
    cloud.call(method, path, { token: cloud.admin, ...(body === undefined ? {} : { body }) });
  return {
    ...{ cloud, ask },
    show: async ({ uuid }) => (await ask("GET", `/api/boards/${uuid}`)).body,
    ping: ({ uuid }) => ask("POST", `/api/boards/${uuid}/ping`, {}),
    aBoard(name = "board") {
      made += 1;
      return enrolBoard(cloud, `${name}-${made}`);
    },
  };
};
