// People without an account, and without a board, at the link: what they are refused is on record, but not as often as they like.
import { once } from "node:events";
import { CONTRACT, LINK_REALM, toHex } from "@s4t/contract";
import { systemClock } from "@s4t/kit";
import { createEd25519KeyPair } from "@s4t/wamp/node";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
  MAX_AUDITED_REFUSALS_PER_MINUTE,
  MAX_AUDITED_STRANGERS_PER_MINUTE,
} from "../src/modules/boards/refusals.ts";
import { enrolBoard, joinAs, linkOf } from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { readMetrics } from "./exposition.ts";

let cloud: TestCloud;
beforeEach(async () => {
  // Its first minute begins now: the test is over before its second.
  const beganMs = systemClock.monotonicMs();
  const monotonicMs = () => systemClock.monotonicMs() - beganMs;
  cloud = await openTestCloud({ clock: { ...systemClock, monotonicMs } });
});
afterEach(() => cloud.close());

const anId = toHex("0b0a7c0e-5d8a-4c39-9d3d-6f2f3a1c9b11");

/** Says hello from an address of loopback as a board whose key nobody knows; the reason of the ABORT. */
const poseAs = async (authid: string, localAddress: string): Promise<unknown> => {
  const socket = new WebSocket(linkOf(cloud.url), "wamp.2.json", { localAddress });
  await once(socket, "open");
  const { publicKey: pubkey } = createEd25519KeyPair();
  const authextra = { contract: CONTRACT, features: [], version: "0", pubkey };
  const details = {
    ...{ roles: { caller: {} }, authmethods: ["cryptosign"], authid },
    authextra: { ...authextra, channel_binding: null },
  };
  socket.send(JSON.stringify([1, LINK_REALM, details]));
  const [bytes] = (await once(socket, "message")) as [Buffer];
  socket.close();
  const [kind, , reason] = JSON.parse(bytes.toString());
  return kind === 3 ? reason : kind;
};

interface Refusal {
  readonly resource: { readonly uuid: string } | null;
  readonly facts: { readonly what: string };
}
const refusals = async (): Promise<Refusal[]> => {
  const { body } = await cloud.call("GET", "/api/audit?action=link.refused&limit=100", {
    ...{ token: cloud.admin, project: "all" },
  });
  return body.items;
};

it("from many addresses are audited a few times a minute together, and counted each time; boards are not among them", async () => {
  const insisting = MAX_AUDITED_REFUSALS_PER_MINUTE + 5;
  const others = MAX_AUDITED_STRANGERS_PER_MINUTE + 15;
  for (let i = 0; i < insisting; i += 1)
    expect(await poseAs(anId, "127.0.0.2")).toBe("s4t.error.link.revoked");
  for (let i = 0; i < others; i += 1) await poseAs(anId, `127.0.0.${i + 3}`);
  const board = await enrolBoard(cloud, "hacked");
  const { session } = await joinAs(cloud, board);
  await expect(session.subscribe("s4t.all", () => {})).rejects.toThrow();
  await expect.poll(async () => (await refusals()).some(({ resource }) => resource)).toBe(true);
  const ofStrangers = (await refusals()).filter(({ resource }) => !resource);
  expect(ofStrangers).toHaveLength(MAX_AUDITED_STRANGERS_PER_MINUTE);
  const metrics = await readMetrics(cloud.url);
  const counted = (what: string) => metrics.get(`s4t_link_refused_total{what="${what}"}`);
  expect([counted("link.join"), counted("subscribe")]).toEqual([insisting + others, 1]);
  const unknown = 's4t_link_joins_refused_total{method="key",code="link.revoked"}';
  expect(metrics.get(unknown)).toBe(insisting + others);
  await session.close();
});

it("hide no refusal behind a text that ends in half a character", async () => {
  await poseAs(`${"a".repeat(31)}😀`, "127.0.0.2");
  await poseAs("\ud83d", "127.0.0.2");
  await poseAs(anId, "127.0.0.2");
  await expect
    .poll(async () => (await refusals()).map(({ facts }) => facts.what).sort())
    .toEqual([
      `link.join as ${anId}`,
      ...["link.join as an unknown board", "link.join as an unknown board"],
    ]);
  expect(cloud.complaints.map(({ sentence }) => sentence)).not.toContain(
    "A refusal could not be audited",
  );
});
