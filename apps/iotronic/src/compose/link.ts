// The link and who answers for it. What a board asks for and reports goes to the modules from here.
import { type BoardId, fail, RELEASE } from "@s4t/contract";
import { parseJson } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import type { LinkHost } from "../edge/link.ts";
import type { ContractWindow } from "../link/join.ts";
import { createLink, type RunningLink } from "../link/link.ts";
import {
  createLatestValues,
  createLinkHost,
  createReports,
  type PluginReports,
} from "../modules/boards/index.ts";
import type { Keys } from "../modules/keys/index.ts";
import { namesBlob, pluginsPart } from "../modules/plugins/index.ts";
import { servicesPart } from "../modules/services/index.ts";
import type { Telemetry } from "../modules/telemetry/index.ts";
import type { Trust } from "../ports/certificates.ts";
import { trustPart } from "./authority.ts";
import { hostWithPoints } from "./fail-points.ts";
import type { Ground } from "./ground.ts";
import type { Offer } from "./offer.ts";

/** Who hears of what boards say. */
export interface LinkListeners {
  readonly telemetry: Telemetry;
  readonly plugins: { readonly reports: PluginReports; readonly onReady: (board: BoardId) => void };
  readonly keys: Keys;
}

export const composeLink = (
  ground: Ground,
  { telemetry, plugins, keys }: LinkListeners,
  contracts?: ContractWindow,
): { readonly link: RunningLink; readonly offer: Offer } => {
  const { clock, log, parts, lan, wayIn, metrics, tracing } = ground;
  const reports = createReports({
    ...ground,
    measurements: telemetry.measurements,
    latest: parts.add(createLatestValues(ground)),
    plugins: plugins.reports,
  });
  const { address, commandsFor } = wayIn;
  const targetParts = [
    ...(lan ? [() => trustPart(lan.certificates.trust())] : []),
    keys.targetPart,
    servicesPart,
    pluginsPart,
  ];
  const release = sha256Hex(RELEASE).slice(0, 8);
  let common: { readonly of: Trust | undefined; readonly tag: string } | undefined;
  /** The release, which may read a target otherwise than the one before, and the authority. */
  const targetCommon = (): string => {
    const trust = lan?.certificates.trust();
    if (!common || common.of !== trust) {
      const authority = trust ? JSON.stringify(trustPart(trust)) : "";
      common = { of: trust, tag: `${release}.${sha256Hex(authority).slice(0, 16)}` };
    }
    return common.tag;
  };
  const onReady = (board: BoardId): void => {
    telemetry.renew(board);
    plugins.onReady(board);
  };
  const boards = createLinkHost(
    {
      ...ground,
      ...{ address, commandsFor, reports, targetParts, targetCommon, namesBlob, onReady },
      onJoin: keys.ensure,
    },
    log,
  );
  const host: LinkHost = {
    ...boards,
    async openSession(board, extra) {
      const opened = await boards.openSession(board, extra);
      // Before the board is welcomed: what its older session still measures is void from here on.
      await telemetry.measurements.open(board.uuid, opened.epoch);
      return opened;
    },
  };
  const link = parts.add(
    createLink({
      ...{
        host: hostWithPoints(host, ground.atPoint),
        clock,
        log,
        metrics,
        tracing,
        errands: ground.errands,
      },
      onRevoked: (board) => ground.gateway().endBoard(board),
      ...(contracts ? { contracts } : {}),
    }),
  );
  ground.link.is(link);
  const offer: Offer = {
    upgrades: { "/link": (request, socket, head) => link.handleUpgrade(request, socket, head) },
    plainRoutes: [
      {
        method: "POST",
        path: "/link/backlog",
        handle(request) {
          const { authorization = "" } = request.headers;
          const ticket = /^Bearer ([\w-]+)$/.exec(authorization)?.[1];
          if (ticket === undefined) throw fail("auth.required");
          return link.asked.appendBacklog(ticket, () => parseJson(String(request.body ?? "null")));
        },
      },
    ],
  };
  return { link, offer };
};
