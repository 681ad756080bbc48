// What a standalone router is told: realms with ways to join and permissions, and where it listens. Untrusted JSON → typed, or an error
// `config.invalid` whose details say which setting and why.
import type { Action } from "../../router/authorizer.ts";
import {
  DEFAULT_HISTORY_BYTES,
  DEFAULT_HISTORY_EVENTS,
  type HistoryRule,
} from "../../router/event-history.ts";
import type { Permission } from "../../router/permissions.ts";
import type { TrustRule } from "../../router/trust-levels.ts";
import { MAX_FRAME_BYTES } from "../../transport.ts";
import { isUri, isUriPattern } from "../../uri.ts";
import { PING_EVERY_MS } from "../keep-alive.ts";
import { MAX_RAW_BYTES } from "../rawsocket-frames.ts";
import { badSetting, Fields } from "./fields.ts";

/** Where a router without a config listens. */
export const DEFAULT_PORT = 8_080;
/** Connections of one listener, unless it says otherwise: more than that is a router with a plan. */
export const DEFAULT_MAX_CONNECTIONS = 20_000;

/** Topics whose last event a realm may be told to keep. */
export const MAX_RETAINED_TOPICS = 100_000;

/** Events of the past that a realm may be told to keep of one pattern: as many, as much, as long. In memory, all of it. */
export const MAX_HISTORY_EVENTS = 100_000;
export const MAX_HISTORY_BYTES = 256 * 1024 * 1024;
export const MAX_HISTORY_AGE_MS = 366 * 86_400_000;
/** The highest level of trust: what the levels mean is the applications'. */
export const MAX_TRUST_LEVEL = 1_000_000;

/** Who somebody is who proved it. */
interface Who {
  readonly authid: string;
  readonly role: string;
}

/** One way to join a realm. */
export type JoinConfig =
  | { readonly method: "anonymous"; readonly role: string }
  | {
      readonly method: "ticket";
      readonly users: readonly (Who & { readonly ticket: string })[];
    }
  | {
      readonly method: "wampcra";
      /** Where somebody's secret is salted; of strangers, so that nobody can tell them. */
      readonly strangersSecret: string | undefined;
      readonly users: readonly (Who & {
        readonly secret: string;
        readonly salting:
          | { readonly salt: string; readonly iterations: number; readonly keylen: number }
          | undefined;
      })[];
    }
  | {
      readonly method: "cryptosign";
      readonly channelBinding: "offered" | "required";
      /** Public keys: 32 bytes, hex in lower case. */
      readonly users: readonly (Who & { readonly publicKey: string })[];
    };

/** One realm. */
export interface RealmConfig {
  readonly name: string;
  readonly uriCheck: "strict" | "loose";
  readonly metaApi: boolean;
  readonly retainedEvents: number;
  readonly eventHistory: readonly HistoryRule[];
  /** Undefined: nobody is told any level. */
  readonly trustLevels: readonly TrustRule[] | undefined;
  readonly join: readonly JoinConfig[];
  readonly roles: Readonly<Record<string, readonly Permission[]>>;
  readonly limits: Readonly<
    Partial<
      Record<
        | "pendingCalls"
        | "pendingInvocations"
        | "registrations"
        | "subscriptions"
        | "requestsPerSecond",
        number
      >
    >
  >;
}

/** Where connections come in. Times in ms, sizes in bytes. */
export interface ListenConfig {
  readonly kind: "webSocket" | "rawSocket" | "metrics";
  /** A host and a port (0: any that is free), or the path of a Unix socket. */
  readonly at: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly maxConnections: number;
  readonly maxFrameBytes: number;
  readonly pingEveryMs: number;
  /** Whose pages may come by WebSocket (`https://city.example`, `*`); undefined: those of this machine. */
  readonly origins: readonly string[] | undefined;
}

/** A router. */
export interface RouterConfig {
  readonly realms: readonly RealmConfig[];
  readonly listen: readonly ListenConfig[];
}

const anyText = /^.*$/s;
const actions: readonly Action[] = ["call", "register", "publish", "subscribe"];

const who = (fields: Fields): Who => ({
  authid: fields.text("authid"),
  role: fields.text("role"),
});

const readJoin = (fields: Fields): JoinConfig => {
  const method = fields.oneOf("method", ["anonymous", "ticket", "wampcra", "cryptosign"]);
  switch (method) {
    case "anonymous":
      return { method, role: fields.text("role") };
    case "ticket":
      return {
        method,
        users: fields.list("users", (user) => ({ ...who(user), ticket: user.text("ticket") })),
      };
    case "wampcra": {
      const users = fields.list("users", (user) => ({
        ...who(user),
        secret: user.text("secret"),
        salting: user.inside("salting", (salting) => ({
          salt: salting.text("salt"),
          iterations: salting.whole("iterations", 1, 10_000_000),
          keylen: salting.whole("keylen", 16, 64, 32),
        })),
      }));
      const strangersSecret = fields.textIf("strangersSecret");
      if (strangersSecret === undefined && users.some(({ salting }) => salting))
        throw badSetting(fields.at("strangersSecret"), "must be there where a secret is salted");
      return { method, strangersSecret, users };
    }
    case "cryptosign":
      return {
        method,
        channelBinding: fields.oneOf("channelBinding", ["offered", "required"], "offered"),
        users: fields.list("users", (user) => ({
          ...who(user),
          publicKey: user.text("publicKey", /^[0-9a-f]{64}$/, "must be 64 digits of hex"),
        })),
      };
  }
};

/** A URI or a pattern; the prefix `""` is all of them. */
const readPattern = (fields: Fields): Pick<Permission, "uri" | "match"> => {
  const uri = fields.text("uri", anyText);
  const match = fields.oneOf("match", ["exact", "prefix", "wildcard"], "exact");
  const isAll = uri === "" && match === "prefix";
  if (!isAll && !isUriPattern(uri, match, "loose"))
    throw badSetting(fields.at("uri"), "must be a URI, or a pattern of one");
  return { uri, match };
};

const readPermission = (fields: Fields): Permission => ({
  ...readPattern(fields),
  allow: fields.listOf("allow", actions),
});

const readHistory = (fields: Fields): HistoryRule => ({
  ...readPattern(fields),
  maxEvents: fields.whole("maxEvents", 1, MAX_HISTORY_EVENTS, DEFAULT_HISTORY_EVENTS),
  maxBytes: fields.whole("maxBytes", 1_024, MAX_HISTORY_BYTES, DEFAULT_HISTORY_BYTES),
  maxAgeMs: fields.has("maxAgeMs")
    ? fields.whole("maxAgeMs", 1_000, MAX_HISTORY_AGE_MS)
    : undefined,
});

const readTrust = (fields: Fields): TrustRule => ({
  ...readPattern(fields),
  authrole: fields.textIf("role"),
  authid: fields.textIf("authid"),
  level: fields.whole("level", 0, MAX_TRUST_LEVEL),
});

const readRealm = (fields: Fields): RealmConfig => {
  const name = fields.text("name");
  if (!isUri(name, "loose")) throw badSetting(fields.at("name"), "must be a URI");
  const join = fields.list("join", readJoin);
  if (join.length === 0) throw badSetting(fields.at("join"), "must have one way to join at least");
  const roles = fields.inside("roles", (given) =>
    Object.fromEntries(given.names().map((role) => [role, given.list(role, readPermission)])),
  );
  const limits = fields.inside("limits", (given) =>
    Object.fromEntries(given.names().map((limit) => [limit, given.whole(limit, 1, 1_000_000)])),
  );
  const known = [
    ...(["pendingCalls", "pendingInvocations", "registrations"] as const),
    ...(["subscriptions", "requestsPerSecond"] as const),
  ];
  const unknown = Object.keys(limits ?? {}).find((limit) => !known.includes(limit as never));
  if (unknown !== undefined) throw badSetting(`${fields.at("limits")}.${unknown}`, "is not known");
  const eventHistory = fields.list("eventHistory", readHistory);
  const twice = eventHistory.findIndex((one, i) =>
    eventHistory.slice(0, i).some(({ uri, match }) => uri === one.uri && match === one.match),
  );
  if (twice !== -1)
    throw badSetting(`${fields.at("eventHistory")}[${twice}]`, "is a pattern that came already");
  return {
    ...{ name, join, roles: roles ?? {}, limits: limits ?? {}, eventHistory },
    trustLevels: fields.has("trustLevels") ? fields.list("trustLevels", readTrust) : undefined,
    uriCheck: fields.oneOf("uriCheck", ["strict", "loose"], "strict"),
    metaApi: fields.yes("metaApi"),
    retainedEvents: fields.whole("retainedEvents", 0, MAX_RETAINED_TOPICS, 0),
  };
};

const readListen = (fields: Fields): ListenConfig => {
  const kind = fields.oneOf("kind", ["webSocket", "rawSocket", "metrics"]);
  const path = fields.textIf("path");
  if (path !== undefined && fields.has("port"))
    throw badSetting(fields.at("path"), "stands in the place of host and port");
  if (kind !== "webSocket" && fields.has("origins"))
    throw badSetting(fields.at("origins"), "is for WebSockets");
  const mostBytes = kind === "rawSocket" ? MAX_RAW_BYTES : 2 ** 30;
  return {
    kind,
    at:
      path === undefined
        ? {
            host: fields.textIf("host") ?? "127.0.0.1",
            port: fields.whole("port", 0, 65_535),
          }
        : { path },
    tls: fields.inside("tls", (tls) => ({
      certFile: tls.text("certFile"),
      keyFile: tls.text("keyFile"),
    })),
    origins: fields.textsIf(
      "origins",
      /^(\*|https?:\/\/[^/]+)$/,
      'must be a list of origins, as "https://city.example", or "*"',
    ),
    maxConnections: fields.whole("maxConnections", 1, 1_000_000, DEFAULT_MAX_CONNECTIONS),
    maxFrameBytes: fields.whole("maxFrameBytes", 512, mostBytes, MAX_FRAME_BYTES),
    pingEveryMs: fields.whole(
      "pingEveryMs",
      kind === "rawSocket" ? 0 : 100,
      3_600_000,
      PING_EVERY_MS,
    ),
  };
};

/**
 * Reads the JSON of a config file. Throws `config.invalid` (`{setting, because}`) for whatever is missing, of another kind, or not
 * known.
 */
export const readRouterConfig = (value: unknown): RouterConfig =>
  new Fields(value, "").entirely((fields) => {
    const realms = fields.list("realms", readRealm);
    if (realms.length === 0) throw badSetting("realms", "must have one at least");
    const twice = realms.find(({ name }, i) => realms.findIndex((one) => one.name === name) < i);
    if (twice) throw badSetting("realms", `names ${twice.name} twice`);
    return { realms, listen: fields.list("listen", readListen) };
  });

/** One realm where everybody may do everything but end the sessions of others: for a first try, on loopback alone. */
export const openRealm = (name: string): RealmConfig => {
  if (!isUri(name, "loose")) throw badSetting("--realm", "must be a URI");
  return {
    ...{ name, uriCheck: "strict", metaApi: false, retainedEvents: 0, limits: {} },
    ...{ eventHistory: [], trustLevels: undefined },
    join: [{ method: "anonymous", role: "anonymous" }],
    roles: { anonymous: [{ uri: "", match: "prefix", allow: actions }] },
  };
};
