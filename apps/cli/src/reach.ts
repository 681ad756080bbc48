// What commands that reach through a board share: how they dial, with whose key, and how endpoints are written.
import { type Client, fail, type Owner, type ReachOptions } from "@s4t/sdk";
import { knownBoardsFile, nodeDialWay, recogniseBy } from "@s4t/sdk/node";
import type { Command } from "commander";
import type { Context } from "./context.ts";
import { readKeyFile } from "./plugin/key-file.ts";

export interface KeyFlags {
  readonly key?: string;
}

/** Adds the owner's key, which sealed projects ask for. */
export const withKey = (command: Command): Command =>
  command.option("--key <file>", "the owner's key, on a sealed project");

/** Who answers for streams with the key of a file. */
const ownerOf = async ({ out }: Context, file: string): Promise<Owner> => {
  const known = knownBoardsFile(file);
  return {
    key: await readKeyFile(file),
    recognise: recogniseBy(known, (name, key, others) => {
      const also = others.length > 0 ? `, as which ${others.join(", ")} is known, too` : "";
      out.note(
        `Met ${name} for the first time${also}: its key ${key} is kept in ${known}. Compare it with what s4t-agent doctor says there.`,
      );
    }),
  };
};

/** How a command reaches a board. */
export const reachOf = async (
  context: Context,
  board: string,
  flags: KeyFlags = {},
): Promise<ReachOptions> => {
  const { url, ca } = context.cloud();
  const owner = flags.key === undefined ? {} : { owner: await ownerOf(context, flags.key) };
  return { board, dial: nodeDialWay({ url, ca }), signal: context.signal, ...owner };
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
