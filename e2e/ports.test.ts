// Public ports of a cloud that has few of them, on a machine where other programs want them too.
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStage, type Stage } from "./portal/stage.ts";
import { freePort } from "./program.ts";
import { until } from "./s4t.ts";

let stage: Stage;
let board = "";
let ports: readonly [number, number];

const listenOn = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.end("another program"));
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
const end = (server: Server | undefined): Promise<void> =>
  new Promise((resolve) => (server ? server.close(() => resolve()) : resolve()));
/** Two ports beside each other that nobody has. */
const twoPorts = async (): Promise<readonly [number, number]> => {
  for (let tries = 0; tries < 50; tries += 1) {
    const first = await freePort();
    const next = first < 65_535 ? await listenOn(first + 1) : undefined;
    await end(next);
    if (next) return [first, first + 1];
  }
  throw new TypeError("no two ports");
};
const call = (...args: Parameters<ReturnType<Stage["cloud"]>["call"]>) =>
  stage.cloud().call(...args);
const expose = (name: string) => call("PUT", `/api/boards/${board}/services/${name}`, {});
const doors = async () => {
  const { body } = await call("GET", `/api/boards/${board}/services`);
  return new Map<string, { open: boolean; problem: { code: string } | null }>(
    body.items.map((shown: { publicPort: number; door: object }) => [
      String(shown.publicPort),
      shown.door,
    ]),
  );
};

beforeAll(async () => {
  ports = await twoPorts();
  const [first, last] = ports.map(String) as [string, string];
  stage = await openStage(["--gateway.first-port", first, "--gateway.last-port", last]);
  board = await stage.addBoard("lamp");
  for (const name of ["one", "two", "three"])
    await call("POST", "/api/services", { name, port: 80 });
}, 60_000);
afterAll(() => stage?.close());

it("a range that is used up refuses the next, and leaves those that are open as they are", async () => {
  const given = [await expose("one"), await expose("two")].map(({ body }) => body.publicPort);
  expect(given.sort()).toEqual([...ports]);
  const refused = await expose("three");
  expect([refused.status, refused.body.code]).toEqual([503, "port.exhausted"]);
  for (const { open } of (await doors()).values()) expect(open).toBe(true);
});

it("a port that another program took meanwhile stays its exposure's, says so, and opens once it is free", async () => {
  await stage.cloud().kill("SIGTERM");
  const other = await listenOn(ports[0]);
  expect(other).toBeDefined();
  await stage.restartCloud();
  const taken = (await doors()).get(String(ports[0]));
  expect([taken?.open, taken?.problem?.code]).toEqual([false, "port.taken"]);
  expect((await doors()).get(String(ports[1]))?.open).toBe(true);
  // Its lease is nobody else's, neither by asking for any port nor for this one.
  expect((await expose("three")).body.code).toBe("port.exhausted");
  const asked = { publicPort: ports[0] };
  const wanted = await call("PUT", `/api/boards/${board}/services/three`, asked);
  expect(wanted.body.code).toBe("port.taken");
  await end(other);
  await until(doors, (now) => now.get(String(ports[0]))?.open === true, 25_000);
}, 60_000);

it("a port that was given back rests", async () => {
  await call("DELETE", `/api/boards/${board}/services/two`);
  const refused = await expose("three");
  expect(refused.body.code).toBe("port.exhausted");
});
