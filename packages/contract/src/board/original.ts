// What only the original's agent does, beside what agents of ours do too: procedures of its own, called by their names with their
// positional arguments. What it gives to a shell is held here to what no shell takes for anything else.
import type { Static, TSchema } from "typebox";
import * as Type from "typebox";
import { check } from "../check.ts";
import { fail } from "../errors/index.ts";
import { procedure } from "./procedure.ts";

/** How long a procedure may take that the agent answers later: an upgrade over a poor line. */
export const ORIGINAL_CALL_TIMEOUT_MS = 3_600_000;
/** Most arguments of one. */
export const MAX_ORIGINAL_ARGS = 4;

/** What a registration code is made of: it stands for a key until its board has connected, so that it must not be guessed. */
export const RegistrationCode = Type.String({
  pattern: "^[A-Za-z0-9._~-]{8,36}$",
  description:
    "Registration code of an original agent, at least 8 characters; the cloud makes one unless said",
});

const strict = { additionalProperties: false } as const;
const anything = Type.Optional(Type.Record(Type.String(), Type.Unknown()));
const word = (maxLength: number) =>
  Type.String({ pattern: `^[A-Za-z0-9][A-Za-z0-9._+:@/=~-]{0,${maxLength - 1}}$` });
const version = Type.String({ pattern: "^[A-Za-z0-9._+:~-]{0,64}$" });
const delay = Type.Object({ delay: Type.Integer({ minimum: 3, maximum: 86_400 }) }, strict);
const domain = Type.String({ pattern: "^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$" });
const domains = Type.String({ pattern: "^[A-Za-z0-9.,-]{0,4000}$" });
const vif = Type.String({ pattern: "^[A-Za-z0-9]{1,15}$" });
const port = Type.Integer({ minimum: 1, maximum: 65_535 });

const restArguments = Type.Object(
  {
    url: Type.String({ pattern: "^https?://", maxLength: 2_048 }),
    method: Type.Enum(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
    ...{
      params: anything,
      data: Type.Optional(Type.Unknown()),
      json: Type.Optional(Type.Unknown()),
    },
    ...{ headers: anything, cookies: anything, auth: Type.Optional(Type.Array(Type.String())) },
    timeout: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 600 })),
    allow_redirects: Type.Optional(Type.Boolean()),
    ...{ proxies: anything, verify: Type.Optional(Type.Boolean()) },
  },
  strict,
);

/** Procedures of the original agent that may be called by name: their arguments, in order; those that are optional come last. */
export const originalMethods = {
  DevicePing: [anything],
  DeviceEcho: [Type.Object({ say: Type.Optional(Type.String({ maxLength: 1_024 })) }, strict)],
  DeviceReboot: [delay],
  DeviceRestartLR: [delay],
  DeviceUpgradeLR: [
    Type.Object(
      { version, update_conf: Type.Optional(Type.Union([Type.Boolean(), word(8)])) },
      strict,
    ),
  ],
  DevicePkgOperation: [
    Type.Object(
      {
        manager: Type.Enum(["apt", "apt-get", "pip", "pip3", "npm"]),
        command: Type.Enum(["install", "update", "upgrade", "remove", "uninstall"]),
        package: Type.Optional(word(128)),
        options: Type.Optional(
          Type.String({ pattern: "^(?:--?[A-Za-z0-9][A-Za-z0-9=._-]*(?: |$))*$" }),
        ),
        version: Type.Optional(version),
      },
      strict,
    ),
  ],
  DeviceNetConfig: [anything],
  DeviceMountFs: [
    Type.Object({ mnt_cmd: Type.Enum(["mount_rw", "mount_ro", "mount_status"]) }, strict),
  ],
  DeviceFactoryReset: [anything],
  DeviceRestSubmit: [restArguments],
  ServicesStatus: [],
  ServiceRestore: [Type.String({ maxLength: 63, description: "Name of an exposed service" })],
  Create_VIF: [Type.String({ pattern: "^[0-9]{1,5}$", description: "TCP port" })],
  Configure_VIF: [
    Type.Object({
      MAC_add: Type.String({ pattern: "^(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$" }),
      ip: Type.String({ pattern: "^[0-9A-Fa-f.:]{2,45}$" }),
      VIF_name: vif,
    }),
    Type.String({ pattern: "^[0-9]{1,3}$", description: "Prefix length" }),
  ],
  Remove_VIF: [vif],
  EnableWebService: [
    domain,
    Type.String({ pattern: "^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$", maxLength: 254 }),
  ],
  DisableWebService: [],
  ExposeWebservice: [domain, domain, port, domains],
  UnexposeWebservice: [domain, domains],
  RenewWebservice: [],
} as const;
export type OriginalMethod = keyof typeof originalMethods;

/** A call by name. */
export const OriginalCall = Type.Object(
  {
    method: Type.Enum(Object.keys(originalMethods) as OriginalMethod[]),
    args: Type.Optional(Type.Array(Type.Unknown(), { maxItems: MAX_ORIGINAL_ARGS })),
  },
  strict,
);
export type OriginalCall = Static<typeof OriginalCall>;

/** Arguments as the method takes them; one that is not given is an empty object. Throws `request.invalid`. */
export const checkOriginalArgs = (
  method: OriginalMethod,
  given: readonly unknown[],
): readonly unknown[] => {
  const schemas: readonly TSchema[] = originalMethods[method];
  if (given.length > schemas.length)
    throw fail("request.invalid", {
      where: "body/args",
      because: `${method} takes ${schemas.length} arguments`,
    });
  return schemas.map((schema, at) => check(schema, given[at] ?? {}, `body/args/${at}`) as unknown);
};

/** The feature that only boards with the original agent have. */
export const original = {
  call: procedure({
    on: "board",
    name: "original.call",
    summary: "Call a procedure of the original agent; one that it answers later ends when it does",
    args: Type.Object({
      ...OriginalCall.properties,
      /** The operation: under it a late answer is told. */
      request: Type.String(),
    }),
    reply: Type.Object({
      result: Type.Enum(["SUCCESS", "WARNING"]),
      message: Type.Unknown(),
    }),
    timeoutMs: ORIGINAL_CALL_TIMEOUT_MS,
    idempotent: false,
  }),
};
