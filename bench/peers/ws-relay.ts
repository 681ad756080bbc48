// Frames in, frames out, on `ws`: below this no router on `ws` can go. A message begins with four digits, the connection that it
// goes to (`9999`: to all others, and `[17,…]` back to the sender); they are replaced by the sender's. Connections count from 0.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

const TO_ALL = "9999";
const connections: WebSocket[] = [];
const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: () => "wamp.2.json",
});
sockets.on("connection", (ws) => {
  const own = String(connections.push(ws) - 1).padStart(4, "0");
  ws.send(`[2,${own}]`);
  ws.on("message", (data: Buffer) => {
    const text = data.toString("utf8");
    const to = text.slice(0, 4);
    const message = own + text.slice(4);
    if (to !== TO_ALL) connections[Number(to)]?.send(message);
    else {
      for (const other of connections)
        if (other !== ws && other.readyState === other.OPEN) other.send(message);
      ws.send(`${own}[17,1,1]`);
    }
  });
  ws.on("close", () => {
    // All of a round leave together; the next begins to count anew.
    if (connections.every((one) => one.readyState !== one.OPEN)) connections.length = 0;
  });
});
const server = createServer().on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit("connection", ws));
});
server.listen(0, "127.0.0.1", () => {
  console.log(`port ${(server.address() as AddressInfo).port}`);
});
process.on("SIGTERM", () => process.exit(0));
