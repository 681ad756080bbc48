// The original's agent as it behaves on the wire: it registers with its code, joins again as the board, offers its procedures one by one
// under its session and id, and answers each with a message. It speaks by our WAMP client; Debian's autobahn does the same in the real lane.
import { systemClock } from "@s4t/kit";
import {
  type ClientSession,
  type IncomingCall,
  joinRealm,
  jsonCodec,
  openPeer,
  WampError,
} from "@s4t/wamp";
import { connectWebSocket } from "@s4t/wamp/node";
import type { TestCloud } from "./cloud.ts";

/** Settings that make a cloud take such boards, on free ports. */
export const legacyArgs = [
  ...["--legacy.enabled", "true", "--legacy.wamp-port", "0", "--legacy.wstun-port", "0"],
] as const;

/** As the agent keeps them after its registration. */
export interface Settings {
  readonly iotronic: {
    readonly extra: object;
    readonly board: Readonly<Record<string, unknown>> & {
      readonly uuid: string;
      readonly name: string;
      readonly agent: string;
    };
    readonly wamp: { readonly "main-agent": { readonly url: string; readonly realm: string } };
  };
}

export interface Told {
  readonly result: string;
  readonly message: unknown;
}

const portOf = ({ cloud }: Pick<TestCloud, "cloud">): number => cloud.legacy?.ports().wamp ?? 0;

/** Joins the original's realm as anybody may. */
export const joinOriginals = async (
  cloud: Pick<TestCloud, "cloud">,
  realm = "s4t",
): Promise<ClientSession> => {
  const transport = await connectWebSocket(
    { url: `ws://127.0.0.1:${portOf(cloud)}/`, subprotocol: jsonCodec.subprotocol },
    { clock: systemClock },
  );
  return joinRealm(openPeer(transport, jsonCodec), { realm }, { clock: systemClock });
};

const told = (value: unknown): Told => JSON.parse(String(value)) as Told;

/** Registers with a code, and leaves. */
export const registerOriginal = async (
  cloud: Pick<TestCloud, "cloud">,
  code: string,
): Promise<Told> => {
  const session = await joinOriginals(cloud);
  try {
    const { args } = await session.call("stack4things.register", {
      kwargs: { code, session: session.id },
    });
    return told(args[0]);
  } finally {
    await session.close();
  }
};

/** What a procedure of the agent does: what it returns is its message; `[result, message]` says how it ended. */
export type Method = (args: readonly unknown[], call: IncomingCall) => unknown;

/** An ending that is not SUCCESS. */
export class Ended {
  readonly result: string;
  readonly message: unknown;

  constructor(result: string, message: unknown) {
    this.result = result;
    this.message = message;
  }
}

export interface Original {
  readonly session: ClientSession;
  readonly uuid: string;
  /** Every call that it got: the method and its arguments, without the request. */
  readonly calls: {
    readonly method: string;
    readonly request: unknown;
    readonly args: readonly unknown[];
  }[];
  /** Says how a request that it answered RUNNING ended. */
  notify(request: string, result: string, message: unknown): Promise<Told>;
}

const nowText = (): string => new Date().toISOString();

const standard: Readonly<Record<string, Method>> = {
  DevicePing: () => `lamp @ ${nowText()}`,
  DeviceEcho: ([{ say } = {}]: readonly { say?: string }[] = []) => `${say} @ ${nowText()}`,
  DeviceReboot: () => "Rebooting",
  DeviceRestartLR: () => "Restarting",
  DeviceNetConfig: () => "eth0: ...",
  PluginInject: ([plugin]) => `${(plugin as { name: string }).name} INJECTED`,
  PluginStart: () => "STARTED",
  PluginReboot: () => "REBOOTED",
  PluginStop: () => "STOPPED",
  PluginStatus: () => "ALIVE",
  PluginRemove: () => "removed",
  PluginCall: ([, params]) => params,
  ServiceEnable: () => "enabled",
  ServiceRestore: () => "restored",
  ServiceDisable: () => "disabled",
  ServicesStatus: () => ({ sockets: [], procs: [] }),
} as Readonly<Record<string, Method>>;

export interface OriginalOptions {
  readonly methods?: Readonly<Record<string, Method>>;
  readonly info?: object;
  /** What it says in the place of its session. */
  readonly session?: number | string;
  /** Whether it offers its procedures once it is connected. */
  readonly offers?: boolean;
}

/** Connects as a board, and offers what the agent offers. Throws the error, or the ERROR, that it got. */
export const connectOriginal = async (
  cloud: Pick<TestCloud, "cloud">,
  uuid: string,
  options: OriginalOptions = {},
): Promise<Original> => {
  const session = await joinOriginals(cloud);
  const agent = "iotronic";
  const connectivity = { iface: "eth0", local_ip: "10.0.0.7", mac: "00:11:22:33:44:55" };
  const info = options.info ?? { lr_version: "0.5.0", connectivity };
  const answer = await session
    .call(`${agent}.stack4things.connection`, {
      kwargs: { uuid, session: options.session ?? session.id, info },
    })
    .catch(async (error: unknown) => {
      await session.close();
      throw error;
    });
  const { result, message } = told(answer.args[0]);
  if (result !== "SUCCESS") {
    await session.close();
    throw new WampError("test.refused", String(message));
  }
  const calls: Original["calls"] = [];
  const original: Original = {
    ...{ session, uuid, calls },
    async notify(request, ended, said) {
      const wampmessage = JSON.stringify({ message: said, result: ended, req_id: request });
      const { args } = await session.call(`${agent}.stack4things.notify_result`, {
        kwargs: { board_uuid: uuid, wampmessage },
      });
      return told(args[0]);
    },
  };
  if (options.offers === false) return original;
  for (const [method, handle] of Object.entries({ ...standard, ...options.methods }))
    await session.register(`iotronic.${session.id}.${uuid}.${method}`, async (call) => {
      const [request, ...args] = call.args;
      calls.push({ method, request, args });
      const came = await handle(args, call);
      const ended = came instanceof Ended ? came : { result: "SUCCESS", message: came };
      return { args: [JSON.stringify({ ...ended })] };
    });
  return original;
};

/** Makes a board for an original agent and registers it; answers its id. */
export const anOriginal = async (
  cloud: TestCloud,
  name: string,
  token: string = cloud.admin,
): Promise<{ readonly uuid: string; readonly code: string; readonly settings: Settings }> => {
  const made = await cloud.call("POST", "/api/boards", {
    token,
    body: { name, agent: "original", labels: { type: "server" } },
  });
  if (made.status !== 201) throw new WampError("test.made", made.text);
  const code = made.body.enrolment.enrolment as string;
  const { result, message } = await registerOriginal(cloud, code);
  if (result !== "SUCCESS") throw new WampError("test.registered", String(message));
  const settings = message as Settings;
  return { uuid: settings.iotronic.board.uuid, code, settings };
};
