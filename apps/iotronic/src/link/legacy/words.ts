// The original's words on the wire: names of its procedures, its messages, the settings that a board is given when it registers.
import { fail } from "@s4t/contract";
import { isS4tError, parseJson, toRfc3339 } from "@s4t/kit";
import { LEGACY_AGENT, type RegisteredOriginal } from "../../edge/originals.ts";

/** Realm of the original's router. */
export const LEGACY_REALM = "s4t";
/** What a board may call, by its last words. */
export const cloudVerbs = {
  register: "stack4things.register",
  connection: `${LEGACY_AGENT}.stack4things.connection`,
  wampAlive: `${LEGACY_AGENT}.stack4things.wamp_alive`,
  alive: `${LEGACY_AGENT}.stack4things.alive`,
  echo: `${LEGACY_AGENT}.stack4things.echo`,
  notifyResult: `${LEGACY_AGENT}.stack4things.notify_result`,
} as const;

/** Everything that an original agent registers, useful or not; the last three are of boards of type `yun`. */
const boardMethods: ReadonlySet<string> = new Set([
  ...["DevicePing", "DeviceEcho", "DeviceReboot", "DeviceRestartLR", "DeviceUpgradeLR"],
  ...["DevicePkgOperation", "DeviceNetConfig", "DeviceMountFs", "DeviceFactoryReset"],
  ...["DeviceRestSubmit", "PluginInject", "PluginStart", "PluginReboot", "PluginStop"],
  ...["PluginCall", "PluginStatus", "PluginRemove", "ServiceEnable", "ServiceRestore"],
  ...["ServiceDisable", "ServicesStatus", "Create_VIF", "Configure_VIF", "Remove_VIF"],
  ...["EnableWebService", "DisableWebService", "ExposeWebservice", "UnexposeWebservice"],
  ...["RenewWebservice", "testRPC", "NginxInfo", "NginxStatus", "NginxReload", "NginxRestart"],
  ...["NginxIotronicConf", "changeConf", "destroyNode", "plug_and_play", "hello"],
  ...["testLED", "setGPIOs", "readVoltage"],
]);

/** URI of a procedure of one session of a board. */
export const methodUri = (session: number, board: string, method: string): string =>
  `iotronic.${session}.${board}.${method}`;

/** Whether a URI is one that this board's session may offer. */
export const isOwnMethod = (uri: string, session: number, board: string): boolean => {
  const own = methodUri(session, board, "");
  return uri.startsWith(own) && boardMethods.has(uri.slice(own.length));
};

/** How a procedure ended there. */
export type WampResult = "SUCCESS" | "WARNING" | "ERROR" | "RUNNING";

/** The original's `WampMessage`. */
export interface WampMessage {
  readonly result: WampResult;
  readonly message: unknown;
  /** The request that it is about; older agents say none. */
  readonly requestId: string | null;
}

const results: readonly string[] = ["SUCCESS", "WARNING", "ERROR", "RUNNING"];

/** A message as text of JSON. */
export const encodeMessage = (result: WampResult, message: unknown): string =>
  JSON.stringify({ message, result });

/** The reverse; undefined for what is none. */
export const decodeMessage = (text: unknown): WampMessage | undefined => {
  if (typeof text !== "string") return undefined;
  try {
    const said = parseJson(text);
    if (typeof said !== "object" || said === null || Array.isArray(said)) return undefined;
    const { result, message = "", req_id: requestId } = said as Record<string, unknown>;
    if (typeof result !== "string" || !results.includes(result)) return undefined;
    return {
      result: result as WampResult,
      message,
      requestId: typeof requestId === "string" ? requestId : null,
    };
  } catch (error) {
    if (isS4tError(error)) return undefined;
    throw error;
  }
};

/** A message in words, for sentences. */
export const wordsOf = (message: unknown): string =>
  (typeof message === "string" ? message : (JSON.stringify(message) ?? "")).trim() ||
  "it gave no reason";

/** A moment as the original writes it: ISO 8601 with an offset. */
const momentOf = (ms: number): string => toRfc3339(ms).replace(/Z$/, "+00:00");

/** The settings that a board keeps from its registration on; every member is one that the agent insists on. */
export const settingsOf = (board: RegisteredOriginal, code: string, url: string): unknown => {
  const { uuid, name, project, labels, location, createdAtMs, updatedAtMs } = board;
  const { type = "generic", mobile, ...extra } = labels;
  const agent = { url, realm: LEGACY_REALM };
  const updated_at = momentOf(updatedAtMs);
  return {
    iotronic: {
      extra: {},
      board: {
        ...{ uuid, code, name, type, project, status: "registered", agent: LEGACY_AGENT },
        ...{ owner: null, session: null, fleet: null, lr_version: null, connectivity: {} },
        ...{ mobile: mobile === "true", extra, created_at: momentOf(createdAtMs), updated_at },
        location: {
          longitude: String(location?.longitude ?? 0),
          latitude: String(location?.latitude ?? 0),
          altitude: String(location?.altitudeM ?? 0),
          updated_at,
        },
      },
      wamp: { "registration-agent": agent, "main-agent": agent },
    },
  };
};

/** The first release that takes the request in front of its arguments. */
const withRequest = [0, 4, 9];
/** Whether an agent of this version takes the request before its arguments. What is no version counts as new. */
export const takesRequest = (version: string): boolean => {
  const parts = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (!parts || version.includes("freedom")) return true;
  const numbers = parts.slice(1).map((part = "0") => Number(part));
  for (const [at, least] of withRequest.entries()) {
    const own = numbers[at] ?? 0;
    if (own !== least) return own > least;
  }
  return true;
};

/** The request before the arguments. The agent reads two members and needs both. */
export const requestOf = (
  request: string,
  board: { readonly uuid: string; readonly project: string },
  method: string,
  nowMs: number,
): unknown => ({
  ...{ id: 0, uuid: request, destination_uuid: board.uuid, main_request_uuid: null },
  ...{ pending_requests: 0, status: "PENDING", project: board.project, type: 0, action: method },
  ...{ created_at: momentOf(nowMs), updated_at: null },
});

/** What a board says of its network. */
export interface Connectivity {
  readonly iface: string;
  readonly address: string;
  readonly mac: string | null;
}

const textOf = (value: unknown, longest: number): string =>
  typeof value === "string" ? value.slice(0, longest) : "";

/** `info` of a connection: version and connectivity; either may be missing. */
export const infoOf = (
  info: unknown,
): { readonly version: string; readonly connectivity: Connectivity | null } => {
  const said = typeof info === "object" && info !== null ? (info as Record<string, unknown>) : {};
  const { lr_version, connectivity } = said;
  const told =
    typeof connectivity === "object" && connectivity !== null
      ? (connectivity as Record<string, unknown>)
      : {};
  const address = textOf(told.local_ip, 64);
  return {
    version: textOf(lr_version, 64) || "unknown",
    connectivity:
      address === ""
        ? null
        : {
            iface: textOf(told.iface, 64),
            address,
            mac: textOf(told.mac ?? said.mac_addr, 32) || null,
          },
  };
};

/** An argument: by keyword, or by place, as agents in other languages send them. */
export const argumentOf = (
  { args, kwargs }: { readonly args: readonly unknown[]; readonly kwargs: object },
  name: string,
  at: number,
): unknown => (Object.hasOwn(kwargs, name) ? (kwargs as Record<string, unknown>)[name] : args[at]);

/** The same of a text, which must be there. Throws `request.invalid`. */
export const textArgument = (
  call: { readonly args: readonly unknown[]; readonly kwargs: object },
  name: string,
  at: number,
  longest: number,
): string => {
  const value = argumentOf(call, name, at);
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text.length > longest)
    throw fail("request.invalid", {
      where: name,
      because: `must be a text of at most ${longest} characters`,
    });
  return text;
};
