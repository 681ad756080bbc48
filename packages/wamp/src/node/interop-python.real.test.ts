// The router and Debian's python3-autobahn, over each transport and each serializer that the two have in common (it has UBJSON and FlatBuffers as well).
import { afterAll, expect, it } from "vitest";
import { interrupted, pythonHouse, startPython } from "../../test/interop/python.ts";
import { describeInterop } from "../../test/interop/suite.ts";
import { joesKeys } from "../../test/interop/world.ts";

const python = startPython();
afterAll(() => python.end());

const houses = (["webSocket", "tcp", "unix"] as const).flatMap((transport) =>
  (["json", "msgpack", "cbor"] as const).map((serializer) =>
    pythonHouse(transport, serializer, () => python),
  ),
);
const [json] = houses as [(typeof houses)[number]];

describeInterop(houses, [
  ["ticket", json, { method: "ticket", authid: "joe", secret: "letmein" }],
  ["wampcra", json, { method: "wampcra", authid: "joe", secret: "secret" }],
  ["wampcra with a salt", json, { method: "wampcra", authid: "salted", secret: "secret" }],
  ["cryptosign", json, { method: "cryptosign", authid: "joe", keys: joesKeys }],
]);

it("interrupts a callee whose caller gave up, in every serializer", () => {
  expect(interrupted.filter((uri) => uri === "it.slow")).toHaveLength(houses.length);
});
