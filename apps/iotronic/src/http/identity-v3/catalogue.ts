// The catalogue: what a token is good at, and where. Two services, identity and `iot`, of one region.
import { sha256Hex } from "@s4t/kit/node";

/** Where the Identity API is served. */
export const IDENTITY_PREFIX = "/identity";
/** Where the original's API is served besides the root, for the addresses that its client would damage. */
export const IOT_PREFIX = "/iot";

/**
 * Address of the original's API as it may stand in a catalogue. Its client takes every `/`, `v` and `1` off the end, so an address
 * that ends so gets its port, or a path.
 */
export const iotAddress = (origin: string): string => {
  if (!/[/v1]$/.test(origin)) return origin;
  const hasPort = /:\d+$/.test(origin);
  if (hasPort) return origin + IOT_PREFIX;
  return `${origin}:${origin.startsWith("https:") ? 443 : 80}`;
};

/** A request by the other path → the same at the root. */
export const withoutIotPrefix = (url: string): string =>
  /^\/iot(?:\/?|\/v1(?:[/.].*)?)(?:\?|$)/.test(url)
    ? url.slice(IOT_PREFIX.length).replace(/^(?!\/)/, "/")
    : url;

const interfaces = ["public", "internal", "admin"] as const;
const services = [
  { type: "identity", name: "keystone", url: (origin: string) => `${origin}${IDENTITY_PREFIX}/v3` },
  { type: "iot", name: "Iotronic", url: iotAddress },
] as const;

/** 32 hex digits that stay the same. */
const idOf = (text: string): string => sha256Hex(`catalogue ${text}`).slice(0, 32);

/** All of it, in the forms that the API has for it. */
export const catalogueOf = (origin: string, region: string) => {
  const listed = services.map(({ type, name, url }) => ({
    id: idOf(type),
    type,
    name,
    endpoints: interfaces.map((face) => ({
      id: idOf(`${type} ${face}`),
      interface: face,
      region,
      region_id: region,
      url: url(origin),
    })),
  }));
  return {
    /** As a token has it. */
    catalog: listed,
    services: listed.map(({ id, type, name }) => ({
      id,
      type,
      name,
      description: "",
      enabled: true,
    })),
    endpoints: listed.flatMap(({ id, endpoints }) =>
      endpoints.map((endpoint) => ({ ...endpoint, service_id: id, enabled: true })),
    ),
    regions: [{ id: region, description: "", parent_region_id: null }],
  };
};
