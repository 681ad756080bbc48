// The plugins of `examples/`, as their READMEs say: stored, put on a real board, called or left running, by the command line.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, exportValues } from "@s4t/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStage, type Stage } from "./reach.ts";
import { until } from "./s4t.ts";

let stage: Stage;
let client: ReturnType<typeof createClient>;
const ends: (() => void)[] = [];
beforeAll(async () => {
  stage = await openStage();
  client = createClient({ url: stage.cloud.url, auth: await stage.cloud.signIn() });
}, 60_000);
afterAll(async () => {
  for (const end of ends) end();
  await stage.end();
});

const s4t = async (line: string) => {
  const { code, out, err } = await stage.s4t(`${line} --json`);
  expect([line, code, err]).toEqual([line, 0, ""]);
  return JSON.parse(out);
};
const inject = (name: string, flags: string) => s4t(`plugin inject lamp ${name} ${flags}`);
const listen = async (server: Server): Promise<number> => {
  ends.push(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
};
const valuesOf = async (series: string): Promise<number[]> => {
  const toMs = Date.now() + 10_000;
  const values: number[] = [];
  const wanted = { board: "lamp", series, fromMs: toMs - 300_000, toMs };
  try {
    for await (const { mean } of exportValues(client, wanted))
      values.push(...mean.filter((value) => value !== null));
  } catch (error) {
    if ((error as { code?: string }).code !== "series.not-found") throw error;
  }
  return values;
};
const seen = (series: string, value: number) =>
  until(
    () => valuesOf(series),
    (values) => values.some((each) => Math.abs(each - value) < 0.01),
    15_000,
  );
const linesOf = async (name: string): Promise<string> =>
  (await stage.s4t(`plugin logs lamp ${name}`)).out;
const writes = (name: string, text: string) =>
  until(
    () => linesOf(name),
    (lines) => lines.includes(text),
    15_000,
  );

it("host metrics: answers how the machine is, and keeps it", async () => {
  await s4t("plugin create examples/host-metrics");
  await inject("host-metrics", "");
  const { result } = (await s4t("plugin call lamp host-metrics")).result;
  expect(result).toMatchObject({ disk: { path: "/" } });
  expect(result.memory.totalBytes).toBeGreaterThan(result.memory.usedBytes);
  expect(result.uptimeS).toBeGreaterThan(0);
  await seen("plugin.host-metrics.memory.used", result.memory.usedBytes);
}, 60_000);

it("HTTP poller: tells when an address answers, and when it does not any more", async () => {
  let status = 200;
  const server = createHttpServer((_, response) => response.writeHead(status).end("x"));
  const url = `http://127.0.0.1:${await listen(server)}/`;
  await s4t("plugin create examples/http-poller");
  await inject("http-poller", `--on-boot --params '{"url":"${url}","everyS":0.3}'`);
  await writes("http-poller", "answers (200)");
  await seen("plugin.http-poller.up", 1);
  status = 500;
  await writes("http-poller", "does not: 500");
  await seen("plugin.http-poller.up", 0);
  await s4t("plugin stop lamp http-poller");
  expect((await s4t("plugin status lamp http-poller")).exit).toMatchObject({ reason: "stopped" });
}, 90_000);

it("CSV logger: writes rows, goes on in the same file after a restart, and begins the next when one is full", async () => {
  const folder = mkdtempSync(join(tmpdir(), "s4t-csv-"));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  // A plugin may be a user of its own.
  chmodSync(folder, 0o1777);
  const rows = (name: string) => readFileSync(join(folder, name), "utf8").trim().split("\r\n");
  const files = () => readdirSync(folder).sort();
  await s4t(`plugin create examples/csv-logger --write ${folder} --read /sys/class/thermal`);
  await inject(
    "csv-logger",
    `--on-boot --params '{"folder":"${folder}","everyS":0.2,"rowsPerFile":20}'`,
  );
  await until(files, (names) => names.length === 1 && rows("values-00001.csv").length > 4, 15_000);
  await s4t("plugin restart lamp csv-logger");
  await writes("csv-logger", "goes on in file 1 after");
  await until(files, (names) => names.length > 1, 20_000);
  expect(rows("values-00001.csv")[0]).toBe("time,load,temperature");
  expect(rows("values-00001.csv")).toHaveLength(21);
  await s4t("plugin stop lamp csv-logger");
}, 90_000);

/** A device with holding registers, speaking Modbus/TCP. */
const openDevice = (registers: ReadonlyMap<number, number>): Server =>
  createServer((socket) => {
    ends.push(() => socket.destroy());
    socket.on("error", () => {});
    socket.on("data", (request: Buffer) => {
      const address = request.readUInt16BE(8);
      const count = request.readUInt16BE(10);
      const words = Array.from({ length: count }, (_, i) => registers.get(address + i));
      const isThere = words.every((word) => word !== undefined);
      const body = isThere
        ? Buffer.from([
            request[6] ?? 0,
            3,
            count * 2,
            ...words.flatMap((word = 0) => [word >> 8, word & 255]),
          ])
        : Buffer.from([request[6] ?? 0, 0x83, 2]);
      const head = Buffer.from(request.subarray(0, 6));
      head.writeUInt16BE(body.length, 4);
      // In two pieces: what is read is a stream.
      const answer = Buffer.concat([head, body]);
      socket.write(answer.subarray(0, 5));
      setTimeout(() => socket.destroyed || socket.write(answer.subarray(5)), 5);
    });
  });

it("Modbus reader: makes series of a device's registers, and says when the device has no such register", async () => {
  const power = Buffer.alloc(4);
  power.writeFloatBE(231.5);
  const registers = new Map([
    [3, 65_436],
    [12, power.readUInt16BE(0)],
    [13, power.readUInt16BE(2)],
  ]);
  const port = await listen(openDevice(registers));
  await s4t("plugin create examples/modbus-reader");
  const parameters = (address: number) =>
    JSON.stringify({
      ...{ host: "127.0.0.1", port, everyS: 0.3 },
      registers: [
        { series: "heat", address: 3, type: "int16", scale: 0.1, measure: "Cel" },
        { series: "power", address, type: "float32", measure: "W" },
      ],
    });
  await inject("modbus-reader", `--on-boot --params '${parameters(12)}'`);
  await seen("plugin.modbus-reader.heat", -10);
  await seen("plugin.modbus-reader.power", 231.5);
  await inject("modbus-reader", `--params '${parameters(99)}'`);
  await writes("modbus-reader", "cannot be read: it has no such register");
  await s4t("plugin stop lamp modbus-reader");
}, 90_000);
