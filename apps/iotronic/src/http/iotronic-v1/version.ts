// The original's microversions: there is one, and everything else is refused with what there is, which its command line relies on.
import { Fault } from "./fault.ts";

/** The one version. */
export const VERSION = "1.0";
const asked = "x-openstack-iotronic-api-version";

/** On every answer below `/v1`. */
export const versionHeaders: Readonly<Record<string, string>> = {
  "x-openstack-iotronic-api-minimum-version": VERSION,
  "x-openstack-iotronic-api-maximum-version": VERSION,
};
/** On good ones. */
export const servedHeaders: Readonly<Record<string, string>> = { [asked]: VERSION };

/** Throws 406 unless the version that is asked for, if any, is the one that there is. */
export const requireVersion = (headers: Readonly<Record<string, unknown>>): void => {
  const given = headers[asked];
  if (given === undefined) return;
  const text = String(given).trim();
  if (text.toLowerCase() === "latest") return;
  if (!/^\d{1,9}\.\d{1,9}$/.test(text))
    throw new Fault(
      406,
      `Invalid value for X-OpenStack-Iotronic-API-Version header: ${text.slice(0, 64)}`,
    );
  const [major, minor] = text.split(".").map(Number);
  if (`${major}.${minor}` !== VERSION)
    throw new Fault(
      406,
      `Version ${text} was requested but the requested API version is not supported. The supported version is ${VERSION}.`,
    );
};

/** The document at `/` for programs. */
export const rootDocument = (base: string) => {
  const v1 = {
    id: "v1",
    status: "CURRENT",
    version: VERSION,
    min_version: VERSION,
    links: [{ href: `${base}/v1/`, rel: "self" }],
  };
  return {
    description:
      "IoTronic manages the boards of Stack4Things. This is the original's API; ours is at /api.",
    default_version: v1,
    versions: [v1],
  };
};

const announced = [
  "boards",
  "plugins",
  "services",
  "ports",
  "webservices",
  "fleets",
  "requests",
  "enabledwebservices",
];

/** The document at `/v1`. */
export const versionDocument = (base: string) => ({
  id: "v1",
  links: [{ href: `${base}/v1/`, rel: "self" }],
  ...Object.fromEntries(
    announced.map((type) => [
      type,
      [
        { href: `${base}/v1/${type}/`, rel: "self" },
        { href: `${base}/${type}/`, rel: "bookmark" },
      ],
    ]),
  ),
});
