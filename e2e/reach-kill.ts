// Kills the cloud or the agent at random moments while connections through an exposure and a forward carry bytes. What came back must
// be a beginning of what was sent: a connection may break off, it may not lie. New ones work by themselves once both ends are there.
import { readdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { seeded } from "@s4t/kit";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { stateOf } from "./board.ts";
import { freePort, startCloud, temporaryFolder } from "./program.ts";
import { heardFrom } from "./reach.ts";
import { paste, until } from "./s4t.ts";

/** Clients of each door that go on all the time. */
const CLIENTS = 6;
/** Bytes of one piece; a connection carries a few hundred of them, or breaks off. */
const PIECE = 16_384;
const PIECES = 200;
/** Longest moment after both ends are there until one is killed. */
const longestLifeMs = 1_500;
const settleMs = 60_000;

export interface ReachKillReport {
  readonly faults: readonly string[];
  readonly killed: Readonly<Record<"cloud" | "agent", number>>;
  /** Connections that were carried to their end, and those that broke off. */
  readonly whole: number;
  readonly broken: number;
  /** Longest from both ends being there to the first new connection through each door, ms. */
  readonly slowestMs: Readonly<Record<"port" | "forward", number>>;
  /** Descriptors of the last cloud at the end, beyond those of its start. */
  readonly left: number;
}

/** What a connection sends: no two pieces are the same. */
const pieceOf = (seed: number, at: number): Buffer => {
  const piece = Buffer.allocUnsafe(PIECE);
  for (let i = 0; i < PIECE; i += 4)
    piece.writeUInt32LE((seed * 2_654_435_761 + at * PIECE + i) >>> 0, i);
  return piece;
};

/** One connection to an echo: how far it came, and whether what came back was what was sent. */
const carry = (port: number, seed: number): Promise<{ isTrue: boolean; isWhole: boolean }> =>
  new Promise((resolve) => {
    let got = 0;
    let isTrue = true;
    let sent = 0;
    const socket = connect(port, "127.0.0.1");
    const patience = setTimeout(() => socket.destroy(), 20_000);
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
      resolve({ isTrue: isTrue && got <= PIECE * PIECES, isWhole: got === PIECE * PIECES });
    });
  });

/** Kills one of both ends `rounds` times. */
export const killWhileReaching = async (rounds: number, seed: number): Promise<ReachKillReport> => {
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
  const killed = { cloud: 0, agent: 0 };
  const slowestMs = { port: 0, forward: 0 };
  let [whole, broken, count] = [0, 0, 0];
  const next = (): number => {
    count += 1;
    return count;
  };
  let cloud = await startCloud(data, { args });
  await cloud.signIn();
  let agent: RunningAgent | undefined;
  let forward: ReturnType<typeof paste> | undefined;
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
    const env = { HOME: folder.path, S4T_DATA: data };
    forward = paste(`./s4t forward lamp ${port} --json`, env);
    const heard = heardFrom(forward);
    await until(heard.out, (text) => text.includes("\n"), settleMs);
    const doors = {
      port: publicPort as number,
      forward: JSON.parse(heard.out()).localPort as number,
    };
    const works = (door: number) =>
      until(
        () => carry(door, next()),
        ({ isWhole }) => isWhole,
        settleMs,
      );
    for (const door of Object.values(doors)) await works(door);
    const descriptors = () => readdirSync(`/proc/${cloud.child.pid}/fd`).length;

    const clients = Object.values(doors).flatMap((door) =>
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
    for (let round = 0; round < rounds; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, random() * longestLifeMs));
      const victim = round % 2 === 0 ? "agent" : "cloud";
      killed[victim] += 1;
      if (victim === "agent") {
        await agent.kill("SIGKILL");
        agent = startAgent(board);
        await until(agent.said, (text) => text.includes("Joined"), settleMs);
      } else {
        await cloud.kill("SIGKILL");
        cloud = await startCloud(data, { args });
        await cloud.signIn();
        await online();
      }
      const began = performance.now();
      await Promise.all(
        (["port", "forward"] as const).map(async (door) => {
          await works(doors[door]);
          slowestMs[door] = Math.max(slowestMs[door], performance.now() - began);
        }),
      );
    }
    isOver = true;
    await Promise.all(clients);
    const open = async () =>
      (await cloud.call("GET", `/api/boards/${uuid}/connections`)).body.items.length as number;
    if ((await until(open, (n) => n === 0, 15_000).catch(open)) !== 0)
      faults.push("the cloud believes in connections that are over");
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = descriptors();
    for (const door of Object.values(doors)) await works(door);
    await until(descriptors, (n) => n <= before + 2, 15_000).catch(() => {});
    const left = descriptors() - before;
    const audit = await cloud.call("POST", "/api/audit/verify");
    if (!audit.body.intact) faults.push(`audit: ${audit.body.because}`);
    return { faults, killed, whole, broken, slowestMs, left };
  } finally {
    isOver = true;
    forward?.kill("SIGINT");
    await agent?.kill("SIGTERM");
    await cloud.kill("SIGTERM");
    echo.close();
    folder.remove();
  }
};
