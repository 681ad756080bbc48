// What one client of a door does: takes bytes, brings bytes, opens connections, asks and waits for the echo.
import { connect, type Socket } from "node:net";

const MIB = 1_048_576;
const piece = Buffer.alloc(262_144, 0x5a);

const open = (port: number, onBytes: (count: number) => void): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({
      ...{ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: true },
      onread: {
        buffer: Buffer.alloc(262_144),
        callback: (count) => {
          onBytes(count);
          return true;
        },
      },
    });
    socket.once("error", reject);
    socket.once("connect", () => resolve(socket));
  });
const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once("end", resolve);
    socket.once("error", reject);
    socket.once("close", resolve);
  });

/** Takes so many MiB from the board; answers seconds. Throws when fewer come. */
export const take = async (port: number, mebibytes: number): Promise<number> => {
  let bytes = 0;
  const socket = await open(port, (count) => {
    bytes += count;
  });
  const startedMs = performance.now();
  const ask = Buffer.from("D..");
  ask.writeUInt16BE(mebibytes, 1);
  socket.write(ask);
  await ended(socket);
  const seconds = (performance.now() - startedMs) / 1_000;
  socket.end();
  if (bytes !== mebibytes * MIB) throw new TypeError(`${bytes} bytes of ${mebibytes} MiB came`);
  return seconds;
};

/** Brings so many MiB to the board; answers seconds until it said that it has all. */
export const bring = async (port: number, mebibytes: number): Promise<number> => {
  let answered = 0;
  const socket = await open(port, (count) => {
    answered += count;
  });
  const startedMs = performance.now();
  let left = (mebibytes * MIB) / piece.length;
  await new Promise<void>((resolve) => {
    const write = (): void => {
      while (left > 0) {
        left -= 1;
        if (!socket.write(piece)) return void socket.once("drain", write);
      }
      resolve();
    };
    socket.write("U");
    write();
  });
  socket.end();
  await ended(socket);
  if (answered !== 1) throw new TypeError("the other end did not say that it has all");
  return (performance.now() - startedMs) / 1_000;
};

/** An echo connection that stays open. */
export const openEcho = async (port: number) => {
  let heard: (() => void) | undefined;
  const socket = await open(port, () => heard?.());
  const ask = async (): Promise<number> => {
    const startedMs = performance.now();
    await new Promise<void>((resolve) => {
      heard = resolve;
      socket.write("E");
    });
    return performance.now() - startedMs;
  };
  await ask();
  return { ask, close: () => socket.destroy() };
};

/** Opens so many connections, some at a time, each with one word there and back; answers seconds. */
export const connectMany = async (port: number, count: number, atOnce: number): Promise<number> => {
  const startedMs = performance.now();
  let left = count;
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const echo = await openEcho(port);
      echo.close();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return (performance.now() - startedMs) / 1_000;
};

/** A connection that asks for much and reads none of it. */
export const stall = async (port: number): Promise<() => void> => {
  const socket = connect({ host: "127.0.0.1", port });
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.pause();
  socket.on("error", () => {});
  const ask = Buffer.from("D..");
  ask.writeUInt16BE(1_024, 1);
  socket.write(ask);
  return () => socket.destroy();
};
