// Connections opened and dropped in every rude way, through an exposure of a real board: nothing may be left of them at either end.
import { readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { openStage } from "./reach.ts";
import { until } from "./s4t.ts";

/** Descriptors that come and go with whoever asks meanwhile: a leak would be hundreds. */
export const OTHERS = 10;
/** Connections that are under way together: as many as a busy page opens. */
const AT_ONCE = 50;

export interface ChurnReport {
  readonly opened: number;
  /** Descriptors of the cloud and of the agent, before and after. */
  readonly cloud: readonly [before: number, after: number];
  readonly agent: readonly [before: number, after: number];
  /** Connections that the cloud still believes in. */
  readonly left: number;
  /** Whether a last, polite connection works. */
  readonly works: boolean;
  /** Resident memory of the cloud afterwards, MiB. */
  readonly residentMiB: number;
}

const residentMiBOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1_024;
const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** How a connection ends: left at once, in the middle of its bytes, reset, half-closed and forgotten, or as it should. */
const endings = ["at-once", "mid-way", "reset", "half", "polite"] as const;

const connectOnce = (port: number, ending: (typeof endings)[number]): Promise<string> =>
  new Promise((resolve) => {
    let heard = "";
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const patience = setTimeout(() => socket.destroy(), 10_000);
    socket
      .on("error", () => {})
      .on("close", () => {
        clearTimeout(patience);
        resolve(heard);
      });
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
      if (ending === "mid-way") socket.destroy();
      if (ending === "reset") socket.resetAndDestroy();
    });
    socket.once("connect", () => {
      if (ending === "at-once") return socket.destroy();
      socket.write("x".repeat(2_000));
      if (ending === "half" || ending === "polite") socket.end();
    });
    if (ending === "polite" || ending === "half") socket.on("end", () => socket.destroy());
  });

/** Opens `count` connections and drops them. */
export const churn = async (count: number): Promise<ChurnReport> => {
  const echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {}).pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  const stage = await openStage();
  try {
    const { port } = echo.address() as { port: number };
    const { cloud, uuid } = stage;
    await cloud.call("POST", "/api/services", { name: "echo", port });
    const { publicPort } = (await cloud.call("PUT", `/api/boards/${uuid}/services/echo`, {})).body;
    const polite = async () => (await connectOnce(publicPort, "polite")) === "x".repeat(2_000);
    await until(polite, (works) => works, 10_000);
    const cloudPid = cloud.child.pid ?? 0;
    const agentPid = stage.agent().child.pid ?? 0;
    const before = [descriptorsOf(cloudPid), descriptorsOf(agentPid)] as const;
    let opened = 0;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (opened < count) {
          const ending = endings[opened % endings.length] as (typeof endings)[number];
          opened += 1;
          await connectOnce(publicPort, ending);
        }
      }),
    );
    const connections = async () =>
      (await cloud.call("GET", `/api/boards/${uuid}/connections`)).body.items.length as number;
    const left = await until(connections, (open) => open === 0, 15_000).catch(connections);
    const after = await until(
      async () => [descriptorsOf(cloudPid), descriptorsOf(agentPid)] as const,
      ([c, a]) => c <= before[0] + OTHERS && a <= before[1] + OTHERS,
      15_000,
    ).catch(() => [descriptorsOf(cloudPid), descriptorsOf(agentPid)] as const);
    return {
      opened,
      cloud: [before[0], after[0]],
      agent: [before[1], after[1]],
      left,
      works: await polite(),
      residentMiB: residentMiBOf(cloudPid),
    };
  } finally {
    await stage.end();
    echo.close();
  }
};
