// What commands that reach through a board share: how they dial, with whose key, and how endpoints are written.
import { type Client, fail, type OwnerKey, type ReachOptions } from "@s4t/sdk";
import { nodeDialWay } from "@s4t/sdk/node";
import type { Command } from "commander";
import type { Context } from "./context.ts";
import { readKeyFile } from "./plugin/key-file.ts";

export interface KeyFlags {
  readonly key?: string;
}

/** Adds the owner's key, which sealed projects ask for. */
export const withKey = (command: Command): Command =>
  command.option("--key <file>", "the owner's key, on a sealed project");

/** How a command reaches a board. */
export const reachOf = async (
  { cloud, signal }: Context,
  board: string,
  flags: KeyFlags = {},
): Promise<ReachOptions> => {
  const { url, ca } = cloud();
  const key: OwnerKey | undefined =
    flags.key === undefined ? undefined : await readKeyFile(flags.key);
  return { board, dial: nodeDialWay({ url, ca }), signal, ...(key ? { key } : {}) };
};

/** One forward as it was asked for. */
export interface ForwardSpec {
  readonly localPort: number;
  readonly host: string;
  readonly port: number;
}

const asPort = (text: string, where: string): number => {
  const port = Number(text);
  if (port >= 0 && port <= 65_535) return port;
  throw fail("request.invalid", { where, because: "a port is a number up to 65535" });
};

/** `[LOCAL:]HOST:PORT`, `[LOCAL:]SERVICE`, or a port of the board itself. Throws `request.invalid`, `service.not-found`. */
export const parseForward = async (client: () => Client, text: string): Promise<ForwardSpec> => {
  const endpoint = /^(?:(\d+):)?(?:\[([^\]]+)\]|([^:[\]]*[^:[\]\d][^:[\]]*)):(\d+)$/.exec(text);
  if (endpoint) {
    const [, local = "0", bracketed, plain = "", port = ""] = endpoint;
    const host = bracketed ?? plain;
    return { localPort: asPort(local, text), host, port: asPort(port, text) };
  }
  const bare = /^(?:(\d+):)?(\d+)$/.exec(text);
  if (bare) {
    const [, local = "0", port = ""] = bare;
    return { localPort: asPort(local, text), host: "127.0.0.1", port: asPort(port, text) };
  }
  const named = /^(?:(\d+):)?([a-z0-9-]+)$/.exec(text);
  if (!named)
    throw fail("request.invalid", {
      where: text,
      because: "must be [LOCAL:]HOST:PORT, [LOCAL:]SERVICE or [LOCAL:]PORT",
    });
  const [, local = "0", name = ""] = named;
  const { host, port } = await client().services.show({ params: { uuid: name } });
  return { localPort: asPort(local, text), host, port };
};
