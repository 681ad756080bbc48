// An original board as the link knows boards: joined under its name, it answers the procedures of the contract with those of the
// original's agent, fetches its target, and reports how it stands. Nobody above the link can tell it from an agent of ours but by what
// it cannot do.
import { randomUUID } from "node:crypto";
import {
  type ArgsOf,
  type BoardInfo,
  board as boardFeature,
  boardPrefix,
  CONTRACT,
  check,
  cloudProcedures,
  cloudUri,
  fail,
  LINK_REALM,
  link as linkFeature,
  MAX_REPORT_ROWS,
  original,
  type Procedure,
  pluginsFeature,
  type ReportRow,
  resolveParameters,
} from "@s4t/contract";
import { type Clock, createDeadline, isS4tError, type Log, untilAborted } from "@s4t/kit";
import {
  type ClientSession,
  type ConnectionFacts,
  type IncomingCall,
  isWampError,
  joinRealm,
  linkedPeers,
  type Peer,
} from "@s4t/wamp";
import type { OriginalSession, OriginalsHost, OriginalWorks } from "../../edge/originals.ts";
import { toWire } from "../wire-errors.ts";
import { createOriginalCalls, ORIGINAL_OFFER_WAIT_MS, type OriginalCalls } from "./calls.ts";
import { createHoldings, idOf } from "./holdings.ts";
import type { Connectivity, WampMessage } from "./words.ts";

/** What every original board can be asked, by feature of the contract. */
export const ORIGINAL_FEATURES = ["board", "original", "plugins"] as const;
/** How long an original agent or its machine may be away after a restart, s. */
export const ORIGINAL_BACK_WITHIN_S = 120;
/** The shortest delay that the agent takes before it restarts, s. */
const LEAST_DELAY_S = 3;
/** How long bringing a board to its target may take: some hundred calls, one after the other. */
export const ORIGINAL_TARGET_MS = 600_000;
/** A cursor that no job lies behind: no command waits for such a board. */
const NO_JOBS = Number.MAX_SAFE_INTEGER - MAX_REPORT_ROWS;
/** How long after a target that could not be taken in it is looked at again. */
export const ORIGINAL_RETRY_MS = 30_000;

export interface TranslatorDependencies {
  /** Our session in the original's realm. */
  readonly cloud: ClientSession;
  readonly clock: Clock;
  readonly log: Log;
  readonly host: Pick<OriginalsHost, "told">;
  readonly works: OriginalWorks;
  /** Joins the link as the board. */
  readonly attach: (peer: Peer, connection: ConnectionFacts) => void;
}

/** A board that has connected. */
export interface ConnectedOriginal {
  readonly board: OriginalSession;
  /** Its session in the original's realm. */
  readonly session: number;
  readonly version: string;
  readonly connectivity: Connectivity | null;
  readonly connection: ConnectionFacts;
}

export interface Translator {
  /** A late answer to a call. Resolves once it is stored, where nobody waits for it any more. */
  notify(message: WampMessage & { readonly requestId: string }): Promise<void>;
  /** Whether it shows signs of life: it answers within this time, or is at work on a call. */
  isAlive(withinMs: number): Promise<boolean>;
  leave(reason: string): void;
  /** Resolves when the link has ended it, with why. */
  readonly ended: Promise<{ readonly reason: string; readonly message: string }>;
}

type Handler = (args: never, signal: AbortSignal) => Promise<unknown>;

class OriginalTranslator implements Translator {
  readonly #deps: TranslatorDependencies;
  readonly #of: ConnectedOriginal;
  readonly #calls: OriginalCalls;
  readonly #handlers: ReadonlyMap<string, { procedure: Procedure; handle: Handler }>;
  readonly #journal = { bootId: randomUUID(), seq: 1 };
  readonly #gone = new AbortController();
  #holdings: ReturnType<typeof createHoldings> | undefined;
  #session: ClientSession | undefined;
  #looking: Promise<void> | undefined;
  /** The target was looked at once in this session: what the board holds is known from then on. */
  readonly #looked: Promise<void>;
  #isLooked: () => void = () => {};
  #lookAgain = false;
  #hostname: string;
  readonly #joinedMs: number;
  #reporting: Promise<unknown> = Promise.resolve();

  constructor(of: ConnectedOriginal, deps: TranslatorDependencies) {
    this.#of = of;
    this.#deps = deps;
    const { cloud, clock } = deps;
    const { board, session, version } = of;
    this.#hostname = board.name;
    this.#looked = new Promise((resolve) => {
      this.#isLooked = resolve;
    });
    this.#joinedMs = clock.monotonicMs();
    const calling = { cloud, clock, board, session, version, joinedMs: this.#joinedMs };
    this.#calls = createOriginalCalls(calling);
    this.#handlers = this.#makeHandlers();
  }

  get ended(): Promise<{ readonly reason: string; readonly message: string }> {
    return this.#session?.closed ?? Promise.resolve({ reason: "", message: "" });
  }

  /** Joins. The board's procedures are offered by it a moment later; who has a command for it waits that long. */
  async start(): Promise<void> {
    const { board, version, connection } = this.#of;
    const { attach, clock, host, works } = this.#deps;
    const [near, far] = linkedPeers();
    attach(far, connection);
    const session = await joinRealm(
      near,
      {
        realm: LINK_REALM,
        authextra: {
          ...{ contract: CONTRACT, features: [...ORIGINAL_FEATURES], version },
          ...{ kind: "original", pubkey: board.pubkey },
        },
        mapError: (error) => (isWampError(error) ? error : toWire(error)),
      },
      { clock },
    );
    this.#session = session;
    void session.closed.then(() => this.#gone.abort(fail("link.superseded")));
    this.#holdings = createHoldings(
      {
        ...{ board, calls: this.#calls, works, clock },
        onPlugin: (status) => this.#say([{ kind: "plugin", status, atMs: clock.now() }]),
      },
      await host.told(board),
    );
    await session.register(boardPrefix(board.uuid), (call) => this.#answer(call), {
      match: "prefix",
    });
    this.#say([{ kind: "info", info: this.#info() }]);
    this.#look(true);
  }

  async #answer(call: IncomingCall): Promise<{ args: unknown[] }> {
    const name = call.procedure.slice(boardPrefix(this.#of.board.uuid).length);
    const given = call.args[0] ?? {};
    if (name === linkFeature.hint.name) {
      this.#look(false);
      return { args: [{}] };
    }
    const found = this.#handlers.get(name);
    if (!found) throw fail("board.original", { what: `it has no ${name}` });
    const args = check(found.procedure.args, given, "args");
    return { args: [await found.handle(args as never, call.signal)] };
  }

  #makeHandlers(): ReadonlyMap<string, { procedure: Procedure; handle: Handler }> {
    const { board } = this.#of;
    const { clock } = this.#deps;
    const call = (method: string, data: readonly unknown[], signal: AbortSignal) =>
      this.#calls.call({ method, data, signal });
    const leave = (method: string) => async (_args: object, signal: AbortSignal) => {
      await call(method, [{ delay: LEAST_DELAY_S }], signal);
      return { backWithinS: ORIGINAL_BACK_WITHIN_S };
    };
    const pluginId = (name: string): string => idOf("plugin", board.uuid, name);
    const holdings = async (signal: AbortSignal) => {
      await untilAborted(this.#looked, signal);
      if (!this.#holdings) throw fail("board.offline");
      return this.#holdings;
    };
    const status = async (name: string, state: "running" | "ready", signal: AbortSignal) => {
      const told = (await holdings(signal)).statusOf(name, state);
      this.#say([{ kind: "plugin", status: told, atMs: clock.now() }]);
      return told;
    };
    const parametersOf = async (
      name: string,
      signal: AbortSignal,
      given: Readonly<Record<string, unknown>> = {},
    ) => {
      const { manifest, parameters } = (await holdings(signal)).plugin(name);
      return resolveParameters(manifest.parameters, parameters, given);
    };
    const on = <P extends Procedure>(
      procedure: P,
      handle: (args: ArgsOf<P>, signal: AbortSignal) => Promise<unknown>,
    ) => [procedure.name, { procedure, handle: handle as Handler }] as const;

    return new Map<string, { procedure: Procedure; handle: Handler }>([
      on(boardFeature.ping, async ({ payload }, signal) => {
        const { message } = await call("DevicePing", [{}], signal);
        const [hostname] = String(message).split(" @ ", 1);
        this.#learn(hostname);
        return { atMs: clock.now(), ...(payload === undefined ? {} : { payload }) };
      }),
      on(boardFeature.info, async (_args, signal) => {
        const { message } = await call("DevicePing", [{}], signal);
        this.#learn(String(message).split(" @ ", 1)[0]);
        return this.#info();
      }),
      on(boardFeature.restart, leave("DeviceRestartLR")),
      on(boardFeature.reboot, leave("DeviceReboot")),
      on(pluginsFeature.call, async ({ plugin, parameters }, signal) => {
        const { version } = (await holdings(signal)).plugin(plugin);
        const from = clock.monotonicMs();
        const data = [pluginId(plugin), await parametersOf(plugin, signal, parameters)];
        const { message } = await call("PluginCall", data, signal);
        return { result: message, version, tookMs: clock.monotonicMs() - from };
      }),
      on(pluginsFeature.start, async ({ plugin, parameters }, signal) => {
        const given = await parametersOf(plugin, signal, parameters);
        await call("PluginStart", [pluginId(plugin), given], signal);
        return status(plugin, "running", signal);
      }),
      on(pluginsFeature.restart, async ({ plugin }, signal) => {
        await call("PluginReboot", [pluginId(plugin), await parametersOf(plugin, signal)], signal);
        return status(plugin, "running", signal);
      }),
      on(pluginsFeature.stop, async ({ plugin }, signal) => {
        const { result } = await call("PluginStop", [pluginId(plugin), {}], signal);
        const told = await status(plugin, "ready", signal);
        if (result === "WARNING") throw fail("plugin.not-running");
        return told;
      }),
      on(pluginsFeature.status, async ({ plugin }, signal) => {
        (await holdings(signal)).plugin(plugin);
        const { message } = await call("PluginStatus", [pluginId(plugin)], signal);
        return status(plugin, message === "ALIVE" ? "running" : "ready", signal);
      }),
      on(original.call, async ({ method, args = [], request }, signal) => {
        const data =
          method === "ServiceRestore"
            ? (await holdings(signal)).serviceArguments(String(args[0]))
            : args;
        return this.#calls.call({ method, data, signal, request });
      }),
    ]);
  }

  /** Its host's name, which it tells when it is pinged. */
  #learn(hostname: string | undefined): void {
    if (!hostname || hostname === this.#hostname) return;
    this.#hostname = hostname.slice(0, 255);
    this.#say([{ kind: "info", info: this.#info() }]);
  }

  /** What is known of the board: its agent says little of itself. */
  #info(): BoardInfo {
    const { version, connectivity } = this.#of;
    return {
      ...{ hostname: this.#hostname, os: "", kernel: "", arch: "", model: null, cpus: 0 },
      ...{ memoryBytes: 0, runtime: "", agentVersion: version },
      ...{ agentStartedAtMs: 0, bootId: "", uptimeS: 0, agentKind: "original", canReboot: true },
      interfaces: connectivity
        ? [
            {
              name: connectivity.iface,
              addresses: [connectivity.address],
              mac: connectivity.mac,
            },
          ]
        : [],
    };
  }

  /** The same, and nobody waits for it. */
  #say(rows: readonly ReportRow[]): void {
    this.#tell(rows).catch(() => {}); // it is in the log
  }

  /** Reports in order, numbered; resolves when it is stored. */
  #tell(rows: readonly ReportRow[]): Promise<void> {
    const told = this.#reporting.then(async () => {
      const session = this.#session;
      if (!session) return;
      const { bootId, seq } = this.#journal;
      this.#journal.seq += rows.length;
      const { reportAppend } = cloudProcedures;
      const sentAtMs = this.#deps.clock.now();
      await session.call(cloudUri(reportAppend), {
        args: [{ bootId, seq, sentAtMs, synchronised: true, rows: [...rows] }],
        timeoutMs: reportAppend.timeoutMs,
      });
    });
    this.#reporting = told.catch((error: unknown) => {
      if (!this.#gone.signal.aborted)
        this.#deps.log.warn("What an original board said could not be stored", {
          ...{ board: this.#of.board.uuid, error: String(error) },
        });
    });
    return told;
  }

  /** Takes the target in; one at a time, and once more where it changed meanwhile. */
  #look(retryFailed: boolean): void {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = this.#lookOnce(retryFailed)
      .catch((error: unknown) => {
        if (this.#gone.signal.aborted) return;
        this.#deps.log.warn("An original board could not be brought to its target", {
          ...{ board: this.#of.board.uuid, error: String(error) },
        });
        this.#deps.clock.after(ORIGINAL_RETRY_MS, () => {
          if (!this.#gone.signal.aborted) this.#look(true);
        });
      })
      .finally(() => {
        this.#looking = undefined;
        this.#isLooked();
        if (!this.#lookAgain || this.#gone.signal.aborted) return;
        this.#lookAgain = false;
        this.#look(false);
      });
  }

  async #lookOnce(retryFailed: boolean): Promise<void> {
    const { targetGet } = cloudProcedures;
    const answer = await this.#session?.call(cloudUri(targetGet), {
      args: [{ have: {}, jobsAfter: NO_JOBS }],
      timeoutMs: targetGet.timeoutMs,
    });
    if (!answer || !this.#holdings) return;
    const { target } = check(targetGet.reply, answer.args[0], "target");
    using deadline = createDeadline(this.#deps.clock, ORIGINAL_TARGET_MS, this.#gone.signal);
    const entries = await this.#holdings.take(target, retryFailed, deadline.signal);
    const { revision } = target;
    await this.#tell([
      { kind: "entries", revision, entries: entries.map((entry) => ({ ...entry })) },
    ]);
  }

  async notify(message: WampMessage & { readonly requestId: string }): Promise<void> {
    if (this.#calls.notify(message) || message.result === "RUNNING") return;
    const { requestId: id, result, message: said } = message;
    await this.#tell([
      result === "ERROR"
        ? {
            ...{ kind: "result", id, state: "failed", code: "board.failed" },
            sentence: fail("board.failed", { because: String(said).slice(0, 400) }).message,
          }
        : { kind: "result", id, state: "done", result: { result, message: said } },
    ]);
  }

  async isAlive(withinMs: number): Promise<boolean> {
    const { clock } = this.#deps;
    // What it offers may not be there yet.
    if (this.#calls.isAtWork || clock.monotonicMs() - this.#joinedMs < ORIGINAL_OFFER_WAIT_MS)
      return true;
    using deadline = createDeadline(this.#deps.clock, withinMs, this.#gone.signal);
    try {
      await this.#calls.call({ method: "DevicePing", data: [{}], signal: deadline.signal });
      return true;
    } catch (error) {
      // It said something, if nothing good.
      return isS4tError(error, "board.failed");
    }
  }

  leave(reason: string): void {
    this.#gone.abort(fail("board.offline"));
    void this.#session?.close(reason);
  }
}

/** Joins the link as an original board. Throws where it cannot be joined. */
export const startTranslator = async (
  of: ConnectedOriginal,
  deps: TranslatorDependencies,
): Promise<Translator> => {
  const translator = new OriginalTranslator(of, deps);
  await translator.start();
  return translator;
};
