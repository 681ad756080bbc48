// fox-wamp on a port of loopback, as its README starts it; found in the folder of the argument.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";

interface FoxServer {
  handleUpgrade(
    request: unknown,
    socket: unknown,
    head: unknown,
    done: (ws: unknown) => void,
  ): void;
  emit(event: "connection", ws: unknown): void;
}
const load = createRequire(join(process.argv[2] ?? "", "package.json"));
const FoxRouter = load("fox-wamp") as new () => { listenWAMP(options: object): FoxServer };
const fox = new FoxRouter().listenWAMP({ noServer: true });
const server = createServer().on("upgrade", (request, socket: Socket, head) => {
  fox.handleUpgrade(request, socket, head, (ws) => fox.emit("connection", ws));
});
server.listen(0, "127.0.0.1", () => {
  console.log(`port ${(server.address() as AddressInfo).port}`);
});
process.on("SIGTERM", () => process.exit(0));
