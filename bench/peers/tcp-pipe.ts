// The plain Node pipe: what any proxy in one process costs. Argument: the port to lead to. Prints its own.
import { type AddressInfo, connect, createServer } from "node:net";

const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  const far = connect({
    ...{ host: "127.0.0.1", port: Number(process.argv[2]) },
    ...{ allowHalfOpen: true, noDelay: true },
  });
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.pipe(other);
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
});
server.listen(0, "127.0.0.1", () => {
  console.log(`port ${(server.address() as AddressInfo).port}`);
});
process.on("SIGTERM", () => process.exit(0));
