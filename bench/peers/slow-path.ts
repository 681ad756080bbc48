// A path of 100 ms: every byte arrives 50 ms after it was read, and at most 8 MiB are under way each direction, as a path with buffers
// of that size would have it. Argument: the port to lead to. Prints its own.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

const DELAY_MS = 50;
const IN_FLIGHT_BYTES = 8 * 1_048_576;

const lead = (from: Socket, to: Socket): void => {
  const queue: { readonly bytes: Buffer | undefined; readonly dueMs: number }[] = [];
  let inFlight = 0;
  let isTimed = false;
  const deliver = (): void => {
    isTimed = false;
    const now = performance.now();
    for (let next = queue[0]; next && next.dueMs <= now; next = queue[0]) {
      queue.shift();
      const { bytes } = next;
      if (!bytes) to.end();
      // Under way until the other side has taken it.
      else
        to.write(bytes, () => {
          inFlight -= bytes.length;
          if (inFlight < IN_FLIGHT_BYTES) from.resume();
        });
    }
    plan();
  };
  const plan = (): void => {
    const [next] = queue;
    if (isTimed || !next) return;
    isTimed = true;
    setTimeout(deliver, Math.max(0, next.dueMs - performance.now()));
  };
  from.on("data", (bytes: Buffer) => {
    inFlight += bytes.length;
    if (inFlight >= IN_FLIGHT_BYTES) from.pause();
    queue.push({ bytes, dueMs: performance.now() + DELAY_MS });
    plan();
  });
  from.on("end", () => {
    queue.push({ bytes: undefined, dueMs: performance.now() + DELAY_MS });
    plan();
  });
  from.on("error", () => to.destroy());
  from.on("close", (isBroken) => isBroken && to.destroy());
};

const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  const far = connect({
    ...{ host: "127.0.0.1", port: Number(process.argv[2]) },
    ...{ allowHalfOpen: true, noDelay: true },
  });
  lead(near, far);
  lead(far, near);
});
server.listen(0, "127.0.0.1", () => {
  console.log(`port ${(server.address() as AddressInfo).port}`);
});
process.on("SIGTERM", () => process.exit(0));
