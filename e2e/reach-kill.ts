// Kills the cloud, the agent or a command line at random moments while connections through an exposure and a forward carry bytes and
// a shell is open. What came back must be a beginning of what was sent: a connection may break off, it may not lie. New ones work by
// themselves once all are there, and the record has an end for each that it opened.
import { readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { seeded } from "@s4t/kit";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { stateOf } from "./board.ts";
import { freePort, startCloud, temporaryFolder } from "./program.ts";
import { faultsOfRecord } from "./reach.ts";
import { clientKinds, type KilledClients, startClients } from "./reach-clients.ts";
import { until } from "./s4t.ts";

/** Clients of each door that go on all the time. */
const CLIENTS = 6;
/** Bytes of one piece; a connection carries a few hundred of them, or breaks off. */
const PIECE = 16_384;
const PIECES = 200;
/** Longest moment after all are there until one is killed. */
const longestLifeMs = 1_500;
const settleMs = 60_000;
/** Connections of each door that are broken off on purpose, before descriptors are counted again. */
const BROKEN_OFF = 10;
/** Longest that a forward stays whose cloud was killed, as its lease and the look at leases say. */
const leaseMs = 80_000;

const victims = ["agent", "cloud", "client"] as const;
type Victim = (typeof victims)[number];

type BackMs = Readonly<Record<"port" | "forward", { first: number; whole: number }>>;

export interface ReachKillReport {
  readonly faults: readonly string[];
  readonly killed: Readonly<Record<Victim, number>>;
  /** Connections that were carried to their end, and those that broke off. */
  readonly whole: number;
  readonly broken: number;
  /** Shells that answered. */
  readonly shells: number;
  /** Longest from all being there to the first new connection through each door, ms. */
  readonly slowestMs: Readonly<Record<"port" | "forward", number>>;
  /** The same of every kill, in order. */
  readonly backMs: Readonly<Record<Victim, readonly BackMs[]>>;
  /** Descriptors that connections and killed clients left in the last cloud and the last agent. */
  readonly left: Readonly<Record<"cloud" | "agent", number>>;
  readonly seconds: number;
}

export interface ReachKillOptions {
  /** Waits for the leases of forwards whose cloud was killed, and looks at their record too. */
  readonly isPatient?: boolean;
}

/** What a connection sends: no two pieces are the same. */
const pieceOf = (seed: number, at: number): Buffer => {
  const piece = Buffer.allocUnsafe(PIECE);
  for (let i = 0; i < PIECE; i += 4)
    piece.writeUInt32LE((seed * 2_654_435_761 + at * PIECE + i) >>> 0, i);
  return piece;
};

/** One connection to an echo: how far it came, when its first bytes came back, and whether all that did was what was sent. */
const carry = (
  port: number,
  seed: number,
  breaksOffMs?: number,
): Promise<{ isTrue: boolean; isWhole: boolean; firstAtMs: number | undefined }> =>
  new Promise((resolve) => {
    let got = 0;
    let firstAtMs: number | undefined;
    let isTrue = true;
    let sent = 0;
    const socket = connect(port, "127.0.0.1");
    const patience = setTimeout(() => socket.destroy(), breaksOffMs ?? 20_000);
    const send = (): void => {
      while (sent < PIECES) {
        const piece = pieceOf(seed, sent);
        sent += 1;
        if (!socket.write(piece)) return;
      }
      socket.end();
    };
    socket
      .on("connect", send)
      .on("drain", send)
      .on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      firstAtMs ??= performance.now();
      for (let read = 0; read < bytes.length; ) {
        const within = (got + read) % PIECE;
        const piece = pieceOf(seed, Math.floor((got + read) / PIECE));
        const size = Math.min(PIECE - within, bytes.length - read);
        if (bytes.compare(piece, within, within + size, read, read + size) !== 0) isTrue = false;
        read += size;
      }
      got += bytes.length;
    });
    socket.on("close", () => {
      clearTimeout(patience);
      resolve({
        isTrue: isTrue && got <= PIECE * PIECES,
        isWhole: got === PIECE * PIECES,
        firstAtMs,
      });
    });
  });

const descriptorsOf = (pid: number | undefined): number => readdirSync(`/proc/${pid}/fd`).length;
/** Processes that a process has started and that are still there. */
const childrenOf = (pid: number | undefined): string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);

/** Kills one of them `rounds` times. */
export const killWhileReaching = async (
  rounds: number,
  seed: number,
  { isPatient = false }: ReachKillOptions = {},
): Promise<ReachKillReport> => {
  const startedMs = performance.now();
  const random = seeded(seed);
  const folder = temporaryFolder();
  const echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {}).pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  const { port } = echo.address() as { port: number };
  const data = join(folder.path, "cloud");
  const args = ["--port", String(await freePort())];
  const faults: string[] = [];
  const killed = { cloud: 0, agent: 0, client: 0 };
  const slowestMs = { port: 0, forward: 0 };
  const backMs: Record<Victim, BackMs[]> = { agent: [], cloud: [], client: [] };
  let [whole, broken, count] = [0, 0, 0];
  const next = (): number => {
    count += 1;
    return count;
  };
  let cloud = await startCloud(data, { args });
  await cloud.signIn();
  let agent: RunningAgent | undefined;
  let clients: KilledClients | undefined;
  let isOver = false;
  try {
    const { uuid, enrolment } = await registerBoard(cloud, "lamp");
    const board = join(folder.path, "board");
    agent = startAgent(board, ["--enrol", enrolment]);
    const online = () =>
      until(
        () => stateOf(cloud, uuid),
        (state) => state === "online",
        settleMs,
      );
    await online();
    await cloud.call("POST", "/api/services", { name: "echo", port });
    const { publicPort } = (await cloud.call("PUT", `/api/boards/${uuid}/services/echo`, {})).body;
    const held = await startClients(port, { HOME: folder.path, S4T_DATA: data });
    clients = held;
    const doors = { port: publicPort as number, forward: held.localPort };
    const works = (door: number) =>
      until(
        () => carry(door, next()),
        ({ isWhole }) => isWhole,
        settleMs,
      );
    for (const door of Object.values(doors)) await works(door);

    const callers = Object.values(doors).flatMap((door) =>
      Array.from({ length: CLIENTS }, async () => {
        while (!isOver) {
          const of = next();
          const { isTrue, isWhole } = await carry(door, of);
          if (!isTrue) faults.push(`connection ${of}: what came back is not what was sent`);
          if (isWhole) whole += 1;
          else {
            broken += 1;
            await new Promise((resolve) => setTimeout(resolve, 50)); // a port that is closed is not hammered
          }
        }
      }),
    );
    const kills: Readonly<Record<Victim, () => Promise<unknown>>> = {
      async agent() {
        await agent?.kill("SIGKILL");
        agent = startAgent(board);
        await until(agent.said, (text) => text.includes("Joined"), settleMs);
      },
      async cloud() {
        await cloud.kill("SIGKILL");
        cloud = await startCloud(data, { args });
        await cloud.signIn();
        await online();
      },
      client: () => held.kill(clientKinds[killed.client % 2] ?? "forward"),
    };
    for (let round = 0; round < rounds; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, random() * longestLifeMs));
      const victim = victims[round % victims.length] ?? "agent";
      killed[victim] += 1;
      await kills[victim]();
      const began = performance.now();
      const back = { port: { first: 0, whole: 0 }, forward: { first: 0, whole: 0 } };
      backMs[victim].push(back);
      await Promise.all(
        (["port", "forward"] as const).map(async (door) => {
          const { firstAtMs = Number.NaN } = await works(doors[door]);
          const whole = Math.round(performance.now() - began);
          back[door] = { first: Math.round(firstAtMs - began), whole };
          slowestMs[door] = Math.max(slowestMs[door], whole);
        }),
      );
    }
    isOver = true;
    await Promise.all(callers);

    // All is quiet but for both command lines. What comes and goes from here on leaves nothing behind.
    const [cloudPid, agentPid] = [cloud.child.pid, agent?.child.pid];
    const open = async () =>
      (await cloud.call("GET", `/api/boards/${uuid}/connections`)).body.items as {
        readonly door: string;
      }[];
    const quiet = () =>
      until(open, (items) => items.every(({ door }) => door === "shell"), 15_000).catch(() =>
        faults.push("the cloud believes in connections that are over"),
      );
    const descriptors = () => ({
      cloud: descriptorsOf(cloudPid),
      agent: descriptorsOf(agentPid),
    });
    for (const kind of clientKinds) await held.kill(kind);
    for (const door of Object.values(doors)) await works(door);
    await quiet();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const before = descriptors();
    for (const door of Object.values(doors)) {
      await Promise.all(Array.from({ length: BROKEN_OFF }, (_, i) => carry(door, next(), 20 + i)));
      await works(door);
    }
    for (const kind of clientKinds) await held.kill(kind);
    for (const door of Object.values(doors)) await works(door);
    await quiet();
    const leftNow = () => {
      const now = descriptors();
      return { cloud: now.cloud - before.cloud, agent: now.agent - before.agent };
    };
    const left = await until(leftNow, (each) => each.cloud <= 2 && each.agent <= 2, 15_000).catch(
      leftNow,
    );

    await held.end("SIGINT");
    await until(open, (items) => items.length === 0, 15_000).catch(() =>
      faults.push("the cloud believes in a shell that is over"),
    );
    await until(
      () => childrenOf(agentPid),
      (children) => children.length === 0,
      15_000,
    ).catch((error: unknown) => faults.push(`the board keeps processes: ${error}`));
    const record = () => faultsOfRecord(cloud, { withForwards: isPatient });
    faults.push(
      ...(await until(record, (wrong) => wrong.length === 0, isPatient ? leaseMs : 5_000).catch(
        record,
      )),
    );
    const audit = await cloud.call("POST", "/api/audit/verify");
    if (!audit.body.intact) faults.push(`audit: ${audit.body.because}`);
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    return {
      faults,
      killed,
      whole,
      broken,
      shells: held.shells(),
      slowestMs,
      backMs,
      left,
      seconds,
    };
  } finally {
    isOver = true;
    await clients?.end("SIGKILL");
    await agent?.kill("SIGTERM");
    await cloud.kill("SIGTERM");
    echo.close();
    folder.remove();
  }
};
