// What an original board holds of its target: plugins and services. It is told by calls, one for each entry, and says nothing of what
// it has; how each entry stands is what the cloud was last told, and that outlives sessions and starts.
import {
  check,
  fail,
  type PluginState,
  type PluginStatus,
  resolveParameters,
  type Target,
  TargetPlugin,
  TargetService,
} from "@s4t/contract";
import { type Clock, isS4tError } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import { isWampError } from "@s4t/wamp";
import type { KnownBoard } from "../../edge/link.ts";
import type { OriginalWorks, ToldEntry } from "../../edge/originals.ts";
import type { OriginalCalls } from "./calls.ts";

/** An entry as it is reported. */
export interface HeldEntry {
  readonly key: string;
  readonly hash: string;
  readonly state: "reached" | "failed" | "waiting";
  readonly code?: string;
  readonly sentence?: string;
}

/** An id that the same name has always: an original agent keeps what it is given by ids, and is told to take it away by the same. */
export const idOf = (noun: "plugin" | "service", board: string, name: string): string => {
  const hex = sha256Hex(`s4t original ${noun}\n${board}\n${name}`);
  // RFC 9562, 5.8: of our own making.
  const variant = ((Number.parseInt(hex[16] as string, 16) & 3) | 8).toString(16);
  return [
    ...[hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`],
    ...[`${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)],
  ].join("-");
};

const loopback = /^(localhost|127\.\d+\.\d+\.\d+)$/;

export interface HoldingsDependencies {
  readonly board: KnownBoard;
  readonly calls: OriginalCalls;
  readonly works: OriginalWorks;
  readonly clock: Clock;
  /** How a plugin is from now on. */
  readonly onPlugin: (status: PluginStatus) => void;
}

export interface Holdings {
  /** Brings the board to a target, entry by entry. `retryFailed`: what failed before is tried again. Answers how each stands. */
  take(target: Target, retryFailed: boolean, signal: AbortSignal): Promise<readonly HeldEntry[]>;
  /** A plugin of the target. Throws `plugin.not-ready` where it is not on the board. */
  plugin(name: string): TargetPlugin;
  /** The arguments of ServiceEnable and ServiceRestore. Throws `service.not-exposed`. */
  serviceArguments(name: string): readonly unknown[];
  statusOf(name: string, state: PluginState): PluginStatus;
}

type Apply = (name: string, value: unknown, signal: AbortSignal) => Promise<void>;

/** Makes them; `told`: what the board was last told of, by key. */
export const createHoldings = (
  deps: HoldingsDependencies,
  told: ReadonlyMap<string, ToldEntry>,
): Holdings => {
  const { board, calls, works, clock, onPlugin } = deps;
  const held = new Map<string, HeldEntry>();
  for (const [key, { hash, state, code, sentence }] of told)
    held.set(key, {
      ...{ key, hash, state: state as HeldEntry["state"] },
      ...(code === null ? {} : { code, sentence: sentence ?? "" }),
    });
  const plugins = new Map<string, TargetPlugin>();
  const services = new Map<string, TargetService>();

  const statusOf = (name: string, state: PluginState): PluginStatus => ({
    ...{ plugin: name, version: plugins.get(name)?.version ?? "0".repeat(64), state },
    ...{ pid: null, startedAtMs: state === "running" ? clock.now() : null, restarts: 0, calls: 0 },
    ...{ memoryBytes: null, cpuMs: null, exit: null },
  });

  const dictOf = (name: string, { port }: Pick<TargetService, "port">) => ({
    ...{ uuid: idOf("service", board.uuid, name), name, port, protocol: "TCP" },
    ...{ project: board.project, extra: {} },
  });

  const serviceArguments = (name: string): readonly unknown[] => {
    const service = services.get(name);
    const publicPort = works.publicPortOf(board.uuid, name);
    if (!service || publicPort === undefined) throw fail("service.not-exposed");
    return [dictOf(name, service), publicPort];
  };

  const serve: Apply = async (name, value, signal) => {
    const service = check(TargetService, value, `services/${name}`);
    if (name.startsWith("forward.")) throw fail("board.original", { what: "it opens no forwards" });
    if (!loopback.test(service.host))
      throw fail("board.original", { what: "it exposes its own ports alone, not those of others" });
    // What it has under this name leads elsewhere.
    if (services.has(name) || held.get(`services/${name}`)?.state === "reached")
      await calls
        .call({ method: "ServiceDisable", data: [dictOf(name, service)], signal })
        .catch((error: unknown) => {
          if (!isS4tError(error, "board.failed")) throw error;
        });
    services.set(name, service);
    await calls.call({ method: "ServiceEnable", data: serviceArguments(name), signal });
  };

  const inject: Apply = async (name, value, signal) => {
    const plugin = check(TargetPlugin, value, `plugins/${name}`);
    const { onBoot, parameters, manifest } = plugin;
    const code = await works.codeOf(board, manifest);
    const id = idOf("plugin", board.uuid, name);
    const callable = manifest.mode === "sync";
    const dict = {
      ...{ uuid: id, name, owner: board.project, public: false, callable, code },
      ...{ parameters: {}, extra: {} },
    };
    await calls.call({ method: "PluginInject", data: [dict, onBoot], signal });
    plugins.set(name, plugin);
    onPlugin(statusOf(name, "ready"));
    if (callable || !onBoot) return;
    const given = resolveParameters(manifest.parameters, parameters);
    await calls.call({ method: "PluginStart", data: [id, given], signal });
    onPlugin(statusOf(name, "running"));
  };

  const takeBack = async (key: string, signal: AbortSignal): Promise<void> => {
    const [section = "", name = ""] = key.split(/\/(.*)/s);
    const isPlugin = section === "plugins";
    (isPlugin ? plugins : services).delete(name);
    const method = isPlugin ? "PluginRemove" : "ServiceDisable";
    const data = isPlugin ? [idOf("plugin", board.uuid, name)] : [dictOf(name, { port: 0 })];
    try {
      await calls.call({ method, data, signal });
    } catch (error) {
      // It is not there: that is what was wished for.
      if (isWampError(error) || !isS4tError(error)) throw error;
    }
  };

  const applyOf: Readonly<Record<string, Apply>> = { services: serve, plugins: inject };

  const attempt = async (
    key: string,
    hash: string,
    work: () => Promise<void>,
  ): Promise<HeldEntry> => {
    try {
      await work();
      return { key, hash, state: "reached" };
    } catch (error) {
      // The link broke, or the caller did: nobody knows, and the next session tries again.
      if (isWampError(error) || !isS4tError(error)) throw error;
      return { key, hash, state: "failed", code: error.code, sentence: error.message };
    }
  };

  /** Known to be there: no call is made for it. */
  const remember = (section: string, name: string, value: unknown): void => {
    if (section === "plugins") plugins.set(name, check(TargetPlugin, value, name));
    else services.set(name, check(TargetService, value, name));
  };

  return {
    statusOf,
    serviceArguments,
    plugin(name) {
      const found = plugins.get(name);
      if (!found)
        throw fail("plugin.not-ready", {
          because: "it is not on the board, or could not be put there",
        });
      return found;
    },
    async take(target, retryFailed, signal) {
      const wanted = new Map<
        string,
        { section: string; name: string; hash: string; value: unknown }
      >();
      for (const [section, { entries } = { entries: [] }] of Object.entries(
        target.sections as Record<
          string,
          { entries: { key: string; hash: string; value: unknown }[] }
        >,
      ))
        if (Object.hasOwn(applyOf, section))
          for (const { key: name, hash, value } of entries)
            wanted.set(`${section}/${name}`, { section, name, hash, value });
      for (const key of [...held.keys()]) {
        if (wanted.has(key)) continue;
        await takeBack(key, signal);
        held.delete(key);
      }
      for (const [key, { section, name, hash, value }] of wanted) {
        const before = held.get(key);
        const isSame = before?.hash === hash;
        if (isSame && before.state === "reached") {
          remember(section, name, value);
          continue;
        }
        if (isSame && before.state === "failed" && !retryFailed) continue;
        const apply = applyOf[section] as Apply;
        held.set(key, await attempt(key, hash, () => apply(name, value, signal)));
      }
      return [...held.values()];
    },
  };
};
