// What a door leads to in the tunnel's benchmark. The first byte of a connection says what it is for: `D` and a count of MiB: sends so
// many and ends; `U`: reads to the end, then answers one byte; `E`: an echo. Prints its port.
import { type AddressInfo, createServer, type Socket } from "node:net";

const MIB = 1_048_576;
const piece = Buffer.alloc(262_144, 0x5a);

const send = (socket: Socket, mebibytes: number): void => {
  let left = (mebibytes * MIB) / piece.length;
  const write = (): void => {
    while (left > 0) {
      left -= 1;
      if (!socket.write(piece)) return void socket.once("drain", write);
    }
    socket.end();
  };
  write();
};

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on("error", () => {});
  socket.once("data", (first: Buffer) => {
    const [what] = first;
    if (what === 0x44) {
      socket.on("end", () => {});
      send(socket, first.readUInt16BE(1));
    } else if (what === 0x55) {
      socket.on("data", () => {});
      socket.on("end", () => socket.end("."));
    } else {
      socket.write(first);
      socket.on("data", (bytes: Buffer) => socket.write(bytes));
      socket.on("end", () => socket.end());
    }
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(`port ${(server.address() as AddressInfo).port}`);
});
process.on("SIGTERM", () => process.exit(0));
