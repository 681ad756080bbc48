import type { Client } from "@s4t/sdk";
import { expect, it } from "vitest";
import { parseForward } from "./reach.ts";

const client = () =>
  ({ services: { show: async () => ({ host: "10.0.0.5", port: 502 }) } }) as unknown as Client;

it.each([
  ["127.0.0.1:80", 0, "127.0.0.1", 80],
  ["8080:127.0.0.1:80", 8080, "127.0.0.1", 80],
  ["[::1]:80", 0, "::1", 80],
  ["8080:[fd00::1]:80", 8080, "fd00::1", 80],
  ["plc.example:502", 0, "plc.example", 502],
  ["22", 0, "127.0.0.1", 22],
  ["2222:22", 2222, "127.0.0.1", 22],
  ["plc", 0, "10.0.0.5", 502],
  ["5020:plc", 5020, "10.0.0.5", 502],
])("%s leads from %i to %s port %i", async (text, localPort, host, port) => {
  expect(await parseForward(client, text)).toEqual({ localPort, host, port });
});

it.each(["", "a b", "host:99999", "70000:127.0.0.1:80", "fd00::1:80"])(
  "refuses “%s”, and says how it is written",
  async (text) => {
    await expect(parseForward(client, text)).rejects.toMatchObject({ code: "request.invalid" });
  },
);
