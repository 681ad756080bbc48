// Fastify with one handler that answers the object in its argument: what is left of a read when nobody is asked who they are,
// nothing is decided and nothing is looked up.
import { fastify } from "fastify";

const answer: unknown = JSON.parse(process.argv[2] ?? "{}");
const server = fastify();
server.get("/", async () => answer);
console.log(`${await server.listen({ host: "127.0.0.1", port: 0 })}/`);
process.on("SIGTERM", () => process.exit(0));
