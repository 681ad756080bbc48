// A cloud whose disk is wholly full while plugins are called: nothing is answered as done that is not on record, and whoever is
// refused is told what may have happened all the same.
import { closeSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createClient, createPlugin, packPlugin } from "@s4t/sdk";
import { expect, it } from "vitest";
import { registerBoard, startAgent } from "./agent.ts";
import { isThere, stateOf } from "./board.ts";
import { listAll, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

/** How many calls are tried on the full disk: the log may have room for some in what it has of the disk already. */
const CALLS = 400;
/** Refusals that end it: enough to see that each is told so. */
const REFUSALS = 5;

/** Counts its calls, on the board: what ran is known whatever the cloud says. */
const source = `export default (params, { state }) => {
  const ran = [...(state.get("ran") ?? []), params.n];
  state.set("ran", ran);
  return ran;
};
`;

it("a full disk under calls that are waited for: what is answered as done is on record, what is not may have run and is told so", async () => {
  const folder = temporaryFolder();
  const data = join(folder.path, "cloud");
  const mount = 'mkdir -p "$0" && mount -t tmpfs -o size=24m,mode=700 tmpfs "$0" && exec "$@"';
  const cloud = await startCloud(data, { under: ["unshare", "--mount", "sh", "-c", mount, data] });
  const agents: ReturnType<typeof startAgent>[] = [];
  try {
    const client = createClient({ url: cloud.url, auth: await cloud.signIn() });
    const { uuid, enrolment } = await registerBoard(cloud, "lamp");
    agents.push(startAgent(join(folder.path, "lamp"), ["--enrol", enrolment]));
    await until(() => stateOf(cloud, uuid), isThere, 15_000);
    await createPlugin(
      client,
      await packPlugin([{ path: "main.mjs", bytes: Buffer.from(source) }], {
        ...({ name: "count", runtime: "node", mode: "sync", entry: "main.mjs" } as const),
      }),
    );
    await cloud.call("PUT", `/api/boards/${uuid}/plugins/count`, {});
    const call = (n: number) =>
      cloud.call(
        "POST",
        `/api/boards/${uuid}/plugins/count/call`,
        { parameters: { n } },
        { prefer: "wait=20" },
      );
    await until(
      () => call(0),
      ({ body }) => body.status === "done",
      20_000,
    );

    // Every byte that is left, from outside.
    const ballast = join(cloud.seen(data), "ballast");
    const fill = () => {
      const handle = openSync(ballast, "a");
      const piece = Buffer.alloc(4_096);
      try {
        while (statfsSync(cloud.seen(data)).bavail > 0) writeSync(handle, piece);
      } catch {
        // There is no room for a whole piece.
      } finally {
        closeSync(handle);
      }
    };
    const done: { n: number; operation: string }[] = [];
    const refused: number[] = [];
    for (let n = 1; n <= CALLS && refused.length < REFUSALS; n += 1) {
      fill();
      const { status, body, text } = await call(n);
      if (status < 300) {
        expect(body.status, text).toBe("done");
        done.push({ n, operation: body.uuid });
      } else {
        expect(status, text).toBe(507);
        expect(body.code).toBe("operation.unrecorded");
        expect(body.detail ?? body.sentence ?? text).toContain("may have begun");
        refused.push(n);
      }
    }
    expect(refused).toHaveLength(REFUSALS);

    rmSync(ballast);
    const after = await until(
      () => call(-1),
      ({ body }) => body?.status === "done",
      20_000,
    );
    const ran: number[] = after.body.result.result;
    // Nothing twice; and all that was answered as done did run.
    expect(new Set(ran).size, JSON.stringify(ran)).toBe(ran.length);
    expect(done.filter(({ n }) => !ran.includes(n))).toEqual([]);
    const entries = await listAll(cloud, "/api/audit", { action: "injection.call" });
    const onRecord = new Set(entries.map(({ facts }) => facts.operation));
    expect(done.filter(({ operation }) => !onRecord.has(operation))).toEqual([]);
    for (const { operation } of done)
      expect((await cloud.call("GET", `/api/operations/${operation}`)).body.name).toBe(
        "injection.call",
      );
    expect((await cloud.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
  } finally {
    for (const agent of agents) await agent.kill("SIGTERM");
    await cloud.kill("SIGKILL");
    folder.remove();
  }
}, 120_000);
