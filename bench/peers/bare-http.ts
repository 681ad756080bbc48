// The least that HTTP in Node can cost: a handler that reads the body and answers a text of the length that its argument says.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const answer = JSON.stringify({ text: "x".repeat(Number(process.argv[2] ?? "100")) });
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    response.setHeader("content-type", "application/json");
    response.end(answer);
  });
});
server.listen(0, "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
);
process.on("SIGTERM", () => process.exit(0));
