// Boards that run the original agent: their door, what they are given, and where they are told to come.
import { isIPv6 } from "node:net";
import { fail } from "@s4t/contract";
import type { OriginalCommands, OriginalsHost, OriginalWorks } from "../edge/originals.ts";
import { wstunMetrics } from "../gateway/legacy/metrics.ts";
import { createWstun, type Wstun } from "../gateway/legacy/wstun.ts";
import { pickleOf } from "../http/iotronic-v1/pickle.ts";
import { sourceIn } from "../http/iotronic-v1/version-of-plugin.ts";
import { SOURCE_FILE } from "../http/iotronic-v1/worker.ts";
import type { TlsCredentials } from "../http/server.ts";
import { createLegacyLink } from "../link/legacy/legacy-link.ts";
import type { RunningLink } from "../link/link.ts";
import { createOriginalsHost } from "../modules/boards/index.ts";
import type { Keys } from "../modules/keys/index.ts";
import type { Telemetry } from "../modules/telemetry/index.ts";
import { within } from "../policy/index.ts";
import type { Ground } from "./ground.ts";
import { createLegacyServer, type LegacyServer } from "./legacy-server.ts";

/** What others ask of it. */
export interface Legacy {
  /** Serves both ports with another certificate from now on. */
  renew(credentials: TlsCredentials): void;
  /** Ports in use, after the start. */
  ports(): { readonly wamp: number; readonly wstun: number };
}

const isOn = ({ config }: Ground): boolean => config["legacy.enabled"];
const isSecure = (ground: Ground): boolean =>
  ground.lan !== undefined && !ground.config["legacy.plain"];

/** Where original agents are told to connect. They take the address apart by hand and want the port in it. */
const urlOf = (ground: Ground, port: number): string => {
  const { config, wayIn } = ground;
  const host = config["legacy.host"] ?? new URL(wayIn.url()).hostname.replace(/^\[|\]$/g, "");
  return `${isSecure(ground) ? "wss" : "ws"}://${isIPv6(host) ? `[${host}]` : host}:${port}/`;
};

/** What makes a machine with the original agent a board; undefined where none is taken. */
export const originalCommandsOf = (ground: Ground): OriginalCommands | undefined =>
  isOn(ground)
    ? (code) => [
        {
          kind: "original",
          command: `lr_configure ${code} ${urlOf(ground, ground.config["legacy.wamp-port"])}`,
        },
      ]
    : undefined;

/** Where they are told to; null where none is taken. */
export const originalsUrl = (ground: Ground): string | null =>
  isOn(ground) ? urlOf(ground, ground.config["legacy.wamp-port"]) : null;

const worksOf = (ground: Ground, keys: Keys): OriginalWorks => ({
  async codeOf({ project }, manifest) {
    const isSealed = await ground.database.read(within(project), async (reader) =>
      keys.present(reader, project),
    );
    if (isSealed?.sealed)
      throw fail("board.original", {
        what: "it checks no signature, and this project's code is its owner's to sign",
      });
    if (!manifest.files.some(({ path }) => path === SOURCE_FILE))
      throw fail("board.original", { what: "it runs plugins of the original's form alone" });
    return pickleOf(await sourceIn(manifest, await ground.blobs.read(manifest.blob.sha256)));
  },
  publicPortOf: (board, service) => ground.gateway().publicPortOf(board, service),
});

/** Puts it together, where it is wanted. Its ports open once everything else is there. */
export const composeLegacy = (
  ground: Ground,
  {
    link,
    keys,
    telemetry,
  }: {
    readonly link: RunningLink;
    readonly keys: Keys;
    readonly telemetry: Telemetry;
  },
): Legacy | undefined => {
  if (!isOn(ground)) return undefined;
  const { config, clock, log, metrics, parts, lan } = ground;
  const stored = createOriginalsHost({ ...ground, onJoin: keys.ensure });
  parts.add({ name: "original boards", stop: stored.stop });
  const host: OriginalsHost = {
    ...stored,
    async open(uuid, said) {
      const board = await stored.open(uuid, said);
      await telemetry.measurements.open(board.uuid, board.epoch);
      return board;
    },
  };
  const url = (): string => urlOf(ground, wamp.port());
  const door = parts.add(
    createLegacyLink({
      ...{ host, works: worksOf(ground, keys), link, clock, log, metrics, url },
      // Its tunnels are its session's: whoever comes next holds its ports anew.
      onGone: (board) => wstun.end(board),
    }),
  );
  const wstun: Wstun = createWstun({
    ...{ clock, log, find: door.find, sameAddress: config["legacy.same-address"] },
    ownerOf: (port) => ground.gateway().ownerOf(port),
    onRefused: (board, what, address) =>
      host.onRefused(board === null ? null : (door.find(board) ?? null), what, address),
    metrics: wstunMetrics(metrics, () => wstun.size),
  });
  ground.others.is(wstun);
  const listen = config.listen ?? "127.0.0.1";
  const tls = lan && isSecure(ground) ? lan.credentials : null;
  if (lan && !tls)
    log.warn(
      "Boards with the original agent are served WITHOUT TLS beyond loopback: whoever is on the way reads and changes all that they do",
      { listen, port: config["legacy.wamp-port"] },
    );
  const wamp: LegacyServer = parts.add(
    createLegacyServer({
      ...{ name: "original agents", setting: "legacy.wamp-port" },
      ...{ host: listen, port: config["legacy.wamp-port"], tls },
      answer: (_request, response) => {
        response.writeHead(426, { connection: "close", upgrade: "websocket" }).end();
      },
      upgrade: (...asked) => door.handleUpgrade(...asked),
    }),
  );
  const tunnels: LegacyServer = parts.add(
    createLegacyServer({
      ...{ name: "original agents' tunnels", setting: "legacy.wstun-port" },
      ...{ host: listen, port: config["legacy.wstun-port"], tls },
      answer: wstun.answer,
      upgrade: wstun.handleUpgrade,
    }),
  );
  return {
    renew(credentials) {
      wamp.renew(credentials);
      tunnels.renew(credentials);
    },
    ports: () => ({ wamp: wamp.port(), wstun: tunnels.port() }),
  };
};
