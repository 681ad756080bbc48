// An enrolment at a cloud that has no place for it now.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLog, systemClock } from "@s4t/kit";
import { createEd25519KeyPair } from "@s4t/wamp/node";
import { expect, it } from "vitest";
import { enrol } from "./connect.ts";

/** Answers upgrades in turn; the last answer stays. */
const open = async (answers: readonly string[]) => {
  let asked = 0;
  const server = createServer();
  server.on("upgrade", (_, socket) => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    socket.end(`HTTP/1.1 ${answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const told: unknown[] = [];
  const log = { ...silentLog, warn: (_: string, facts?: object) => void told.push(facts) };
  const signal = new AbortController();
  return {
    told,
    asked: () => asked,
    leave: () => signal.abort(),
    // Hints are whole seconds of which up to one is rounded up: these boards undo nearly all of it.
    enrol: () =>
      enrol(
        { url, ca: null, code: "code" } as never,
        null,
        { key: createEd25519KeyPair(), features: [], simulated: false },
        { clock: systemClock, log, random: () => 0.99 },
        signal.signal,
      ),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};
const busy = (afterS: number) => `503 Service Unavailable\r\nretry-after: ${afterS}`;

it("comes again as often as it is told to, and says so", async () => {
  await using cloud = await open([busy(1), busy(1), "403 Forbidden"]);
  await expect(cloud.enrol()).rejects.toMatchObject({ code: "cloud.unreachable" });
  expect(cloud.asked()).toBe(3);
  expect(cloud.told).toEqual([
    expect.objectContaining({ seconds: 1 }),
    expect.objectContaining({ seconds: 1 }),
  ]);
});

it("ends at once where nobody asks it to wait, or for longer than anybody would", async () => {
  for (const answer of ["503 Service Unavailable", busy(100_000)]) {
    await using cloud = await open([answer]);
    await expect(cloud.enrol()).rejects.toMatchObject({ code: "cloud.unreachable" });
    expect([cloud.asked(), cloud.told]).toEqual([1, []]);
  }
});

it("stops waiting when it is ended", async () => {
  await using cloud = await open([busy(60)]);
  const enrolling = cloud.enrol();
  const refused = expect(enrolling).rejects.toBeDefined();
  await expect.poll(() => cloud.told.length).toBe(1);
  cloud.leave();
  await refused;
  expect(cloud.asked()).toBe(1);
});
