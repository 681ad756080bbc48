// Modbus/TCP, as much as a reader needs: function 3, read holding registers (Modbus Application Protocol V1.1b3, 6.3), one request
// at a time on one connection.
import { connect } from "node:net";

/** How long a device may take for an answer. */
const TIMEOUT_MS = 3_000;
/** Header of an answer: transaction, protocol, length, unit; then the function and a count or a fault. */
const HEADER = 7;

const faults = {
  1: "it has no such function",
  2: "it has no such register",
  3: "the count is wrong",
  4: "it failed",
};

/** Opens a connection; `read` answers a DataView on the registers' bytes, big-endian as they came. */
export const openModbus = async (host, port, unit, signal) => {
  const socket = connect({ host, port, signal });
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve).once("error", reject);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("it does not answer")));
  });
  let got = Buffer.alloc(0);
  let waiting;
  let transaction = 0;
  const look = () => {
    if (!waiting || got.length < HEADER + 2) return;
    const length = got.readUInt16BE(4);
    if (got.readUInt16BE(2) !== 0 || length < 3 || length > 254)
      return socket.destroy(new Error("what answers does not speak Modbus"));
    if (got.length < 6 + length) return;
    const frame = got.subarray(0, 6 + length);
    got = got.subarray(6 + length);
    const { id, count, resolve, reject } = waiting;
    if (frame.readUInt16BE(0) !== id) return look(); // a late answer to an earlier question
    waiting = undefined;
    const code = frame[HEADER + 1];
    if (frame[HEADER] === 0x83) return reject(new Error(faults[code] ?? `fault ${code}`));
    if (frame[HEADER] !== 3 || code !== count * 2 || frame.length !== HEADER + 2 + code)
      return reject(new Error("its answer is not to this question"));
    resolve(new DataView(frame.buffer, frame.byteOffset + HEADER + 2, code));
  };
  const fail = (error) => {
    waiting?.reject(error);
    waiting = undefined;
  };
  socket.on("data", (piece) => {
    got = Buffer.concat([got, piece]);
    look();
  });
  socket.on("error", fail).on("close", () => fail(new Error("it closed the connection")));
  return {
    read: (address, count) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error("the connection is gone"));
        transaction = (transaction + 1) % 65_536;
        waiting = { id: transaction, count, resolve, reject };
        const request = Buffer.alloc(12);
        request.writeUInt16BE(transaction, 0);
        request.writeUInt16BE(6, 4);
        request[6] = unit;
        request[7] = 3;
        request.writeUInt16BE(address, 8);
        request.writeUInt16BE(count, 10);
        socket.setTimeout(TIMEOUT_MS);
        socket.write(request);
      }).finally(() => socket.setTimeout(0)),
    close: () => socket.destroy(),
  };
};
