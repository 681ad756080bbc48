// The router and clients of other houses: each announced feature is used by them, over each serializer that they have. What is
// announced and not in the table of uses turns the last test red.
import { expect, it } from "vitest";
import { autobahnHouse } from "../../test/interop/autobahn.ts";
import { exercises } from "../../test/interop/exercises.ts";
import { describeInterop } from "../../test/interop/suite.ts";
import { wampyHouse } from "../../test/interop/wampy.ts";
import { joesKeys } from "../../test/interop/world.ts";
import { routerRoles } from "../router/features.ts";

const autobahns = [
  ...(["JSON", "Msgpack", "CBOR"] as const).map((serializer) => autobahnHouse(serializer)),
  ...(["tcp", "unix"] as const).map((transport) => autobahnHouse("JSON", transport)),
];
const wampys = (["Json", "Msgpack", "Cbor"] as const).map(wampyHouse);
const [autobahn, wampy] = [autobahnHouse("JSON"), wampyHouse("Json")];

describeInterop(
  [...autobahns, ...wampys],
  [
    ["autobahn, ticket", autobahn, { method: "ticket", authid: "joe", secret: "letmein" }],
    ["autobahn, wampcra", autobahn, { method: "wampcra", authid: "joe", secret: "secret" }],
    [
      "autobahn, wampcra with a salt",
      autobahn,
      { method: "wampcra", authid: "salted", secret: "secret" },
    ],
    ["autobahn, cryptosign", autobahn, { method: "cryptosign", authid: "joe", keys: joesKeys }],
    ["wampy, ticket", wampy, { method: "ticket", authid: "joe", secret: "letmein" }],
    ["wampy, wampcra", wampy, { method: "wampcra", authid: "joe", secret: "secret" }],
  ],
);

it("announces nothing that no foreign client has used", () => {
  const all = { metaApi: true, retains: true, keepsHistory: true, hasTrustLevels: true };
  const announced = routerRoles(all) as Record<string, { features: Record<string, boolean> }>;
  const houses = [...autobahns, ...wampys];
  for (const role of ["broker", "dealer"] as const) {
    const used = Object.keys(exercises[role]).filter((feature) =>
      houses.some(({ without }) => !without.includes(feature)),
    );
    expect(Object.keys(announced[role]?.features ?? {}).sort()).toEqual(used.sort());
  }
});
