// Boards in the original's words: endpoints 3 to 8.
import { type Board, type BodyOf, PRIMARY_PRIORITY, rest } from "@s4t/contract";
import { LEGACY_AGENT } from "../../edge/originals.ts";
import { type Collection, collected, fieldsOf, type Listed, listedOf, pick } from "./collection.ts";
import { Fault, invalid } from "./fault.ts";
import { listing, type Members, type V1Request, type V1Row } from "./row.ts";
import {
  booleanOf,
  changedOf,
  extraOf,
  isUuidLike,
  labelsOf,
  linksOf,
  momentOf,
  newName,
  objectOf,
  requiredText,
  requireOnly,
  textOf,
  withLabels,
} from "./values.ts";

export const boardCollection: Collection = {
  type: "boards",
  attributes: [
    ...["uuid", "code", "status", "name", "type", "agent", "wstun_ip", "owner", "session"],
    ...["project", "fleet", "mobile", "lr_version", "connectivity", "links", "location", "extra"],
    ...["config", "created_at", "updated_at"],
  ],
  shown: [
    ...["name", "code", "status", "uuid", "session", "type", "fleet", "lr_version"],
    ...["connectivity", "agent", "wstun_ip"],
  ],
  lenient: true,
};

/** Labels that are attributes of the original's boards. */
const ownLabels = ["type", "mobile"];

/** The original's three words. */
const statuses: Readonly<Record<string, string>> = {
  new: "registered",
  online: "online",
  degraded: "online",
};
/** One that has registered and never connected was offline there. */
const statusOf = ({ status, agent }: Board): string =>
  status === "new" && agent.kind === "original" ? "offline" : (statuses[status] ?? "offline");
/** States of ours behind one of the original's words; undefined for a word that no board is described by. */
const statesOf = (word: string): string | undefined =>
  ({
    registered: "new",
    online: "online,degraded",
    offline: "offline,asleep,busy,unknown",
  })[word];

const connectivityOf = ({ info }: Board): Members => {
  const found = info?.interfaces.find(({ addresses }) =>
    addresses.some((address) => !/^(127\.|::1|fe80)/i.test(address)),
  );
  const address = found?.addresses.find((each) => !/^(127\.|::1|fe80)/i.test(each));
  return found && address !== undefined
    ? { iface: found.name, local_ip: address.split("/", 1)[0], mac: found.mac ?? "" }
    : {};
};

/** What a board of the original has in its settings before it registers. */
const configOf = (code: string | null, request: V1Request): Members => {
  const scheme = request.base.startsWith("https") ? "wss" : "ws";
  const host = request.host.includes(":") ? `[${request.host}]` : request.host;
  const url = request.originals ?? `${scheme}://${host}:8181/`;
  const agent = { url, realm: "s4t" };
  return { iotronic: { board: { code }, wamp: { "registration-agent": agent } } };
};

/** A board of ours as the original shows it. `code`: told once, when the board is made. */
export const boardOf = (board: Board, request: V1Request, code: string | null = null): Members => {
  const { labels, location, agent, connectivity, fleets } = board;
  const isKnown = agent.kind !== null;
  return {
    uuid: board.uuid,
    code,
    status: statusOf(board),
    name: board.name,
    type: labels.type ?? null,
    agent: agent.kind === "original" ? LEGACY_AGENT : isKnown ? request.host : null,
    ...(isKnown ? { wstun_ip: request.host } : {}),
    owner: null,
    session: connectivity.connected ? String(connectivity.epoch) : null,
    project: board.project,
    fleet: fleets.find(({ priority }) => priority === PRIMARY_PRIORITY)?.uuid ?? null,
    mobile: labels.mobile === "true",
    lr_version: agent.version,
    connectivity: connectivityOf(board),
    links: linksOf(request.base, "boards", board.uuid),
    location: location
      ? [
          {
            longitude: String(location.longitude),
            latitude: String(location.latitude),
            altitude: String(location.altitudeM ?? 0),
            updated_at: null,
          },
        ]
      : [],
    extra: extraOf(labels, ownLabels),
    config: configOf(code, request),
    created_at: momentOf(board.createdAt),
    updated_at: changedOf(board),
  };
};

const notFound = (ident: string): Fault => new Fault(404, `Board ${ident} could not be found.`);

/** The board that a path names. A retired one is gone, as a deleted one was. */
export const getBoard = async (request: V1Request): Promise<Board> => {
  const { board: ident = "" } = request.params;
  const board = await request.ask(rest.boards.show, { params: { uuid: ident } });
  if (board.status === "retired") throw notFound(ident);
  return board;
};

/** The same, which has to be there now. */
export const getOnline = async (request: V1Request): Promise<Board> => {
  const board = await getBoard(request);
  if (!board.connectivity.connected) throw invalid(`Board ${board.uuid} is not connected.`);
  return board;
};

const sorts: Readonly<Record<string, "created" | "name">> = {
  id: "created",
  uuid: "created",
  created_at: "created",
  name: "name",
};

const sortOf = ({ sortKey, descending }: Listed) => {
  const sort = sorts[sortKey];
  if (!sort)
    throw invalid(
      `The sort_key value ${sortKey} is an invalid field for sorting: ${Object.keys(sorts).join(", ")}`,
    );
  return descending ? (`-${sort}` as const) : sort;
};

/** Which boards a page is made of. */
interface Narrowed {
  readonly project?: string;
  readonly status?: string;
  readonly fleet?: string;
}

/** A page of boards. */
export const boardPage = async (
  request: V1Request,
  listed: Listed,
  { project, ...narrowed }: Narrowed,
): Promise<Members> => {
  const { limit, marker } = listed;
  const sort = sortOf(listed);
  if (marker !== undefined && !isUuidLike(marker))
    throw invalid(`Expected a uuid but received ${marker.slice(0, 64)}.`);
  const found = await request.ask(rest.boards.list, {
    ...(project === undefined ? {} : { project }),
    query: {
      ...{ limit, sort },
      ...(marker === undefined ? {} : { after: marker.toLowerCase() }),
      ...narrowed,
    },
  });
  const page = found.items.map((board) => boardOf(board, request));
  return collected(request, "boards", listed, { page, more: found.next !== null });
};

/** Boards of a project, narrowed as the query says. */
const list = async (request: V1Request, isDetail: boolean): Promise<Members> => {
  const listed = listedOf(request, boardCollection, isDetail);
  const { status, project } = request.query;
  if (project !== undefined && !request.actor.admin)
    throw invalid("Project parameter can be used only by the administrator.");
  const states = status === undefined ? undefined : statesOf(status);
  if (status !== undefined && states === undefined) return { boards: [] };
  return boardPage(request, listed, {
    ...(project === undefined ? {} : { project }),
    ...(states === undefined ? {} : { status: states }),
  });
};

const coordinate = (value: unknown, name: string, most: number): number => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number) && Math.abs(number) <= most)
    return number;
  throw invalid(
    `Invalid input for field/attribute ${name}: a number of at most ${most} is expected`,
  );
};

/** `[{longitude, latitude, altitude}]`, the first of which counts. */
const locationOf = (value: unknown): BodyOf<typeof rest.boards.update>["location"] => {
  if (value === undefined) return undefined;
  const [first] = Array.isArray(value) ? (value as unknown[]) : [];
  const place = objectOf(first, "location");
  if (!place) throw invalid("Location is not specified.");
  return {
    latitude: coordinate(place.latitude, "latitude", 90),
    longitude: coordinate(place.longitude, "longitude", 180),
    altitudeM: coordinate(place.altitude ?? 0, "altitude", 1_000_000),
  };
};

const writable = ["name", "type", "mobile", "fleet", "extra", "location"];

/** Labels of a board after what a body says of `type`, `mobile` and `extra`; undefined where it says nothing of them. */
const changedLabels = (body: Members, labels: Board["labels"]): Board["labels"] | undefined => {
  const extra = objectOf(body.extra, "extra");
  const type = textOf(body.type, "type");
  const mobile = booleanOf(body.mobile, "mobile");
  if (extra === undefined && type === undefined && mobile === undefined) return undefined;
  const kept = extra === undefined ? labels : labelsOf(extra, ownLabels);
  const own =
    extra === undefined ? {} : Object.fromEntries(ownLabels.map((name) => [name, labels[name]]));
  return withLabels(withLabels(kept, own), {
    type: type === "" ? null : type,
    mobile: mobile === undefined ? undefined : mobile ? "true" : null,
  });
};

/** The fleet that a body names, by id or name; null for none. */
const fleetOf = ({ fleet }: Members): string | null => textOf(fleet, "fleet") || null;

/** How long a code of the client's choice is good: as long as any may be. The original's never ended. */
const CODE_LIFE_S = 2_592_000;

const create = async (request: V1Request): Promise<Members> => {
  const { body } = request;
  requireOnly(body, [...writable, "code"], boardCollection.attributes);
  const name = newName(body.name, "board");
  const code = requiredText(body.code, "code");
  if (code.length > 36) throw invalid("Code has more than 36 characters.");
  // Where boards with the original agent are taken, this one registers with the code that its owner chose.
  const asOriginal =
    request.originals === null
      ? {}
      : { agent: "original" as const, code, enrolmentExpiresInS: CODE_LIFE_S };
  if (body.location === undefined || body.location === null)
    throw invalid("Location is not specified.");
  const location = locationOf(body.location);
  const labels = changedLabels(body, {});
  const fleet = fleetOf(body);
  const made = await request.ask(rest.boards.create, {
    body: {
      name,
      ...(location ? { location } : {}),
      ...(labels ? { labels } : {}),
      ...(fleet ? { fleet } : {}),
      ...asOriginal,
    },
  });
  return boardOf(made.board, request, made.enrolment.enrolment);
};

const update = async (request: V1Request): Promise<Members> => {
  const { body } = request;
  requireOnly(body, writable, boardCollection.attributes);
  const board = await getBoard(request);
  const labels = changedLabels(body, board.labels);
  const location = locationOf(body.location ?? undefined);
  const name =
    body.name === undefined || body.name === board.name ? undefined : newName(body.name, "board");
  const changed = await request.ask(rest.boards.update, {
    params: { uuid: board.uuid },
    ifMatch: board.rev,
    body: {
      ...(name === undefined ? {} : { name }),
      ...(labels === undefined ? {} : { labels }),
      ...(location === undefined ? {} : { location }),
      ...(body.fleet === undefined ? {} : { fleet: fleetOf(body) }),
    },
  });
  return boardOf(changed, request);
};

export const boardRows: readonly V1Row[] = [
  {
    number: 3,
    method: "GET",
    path: "/v1/boards",
    query: [...listing, "status", "project"],
    answer: (request) => list(request, false),
  },
  {
    number: 4,
    method: "GET",
    path: "/v1/boards/detail",
    query: [...listing, "status", "project"],
    answer: (request) => list(request, true),
  },
  { number: 5, method: "POST", path: "/v1/boards", status: 201, answer: create },
  {
    number: 6,
    method: "GET",
    path: "/v1/boards/{board}",
    query: ["fields"],
    answer: async (request) =>
      pick(
        boardOf(await getBoard(request), request),
        fieldsOf(request.query.fields, boardCollection),
      ),
  },
  { number: 7, method: "PATCH", path: "/v1/boards/{board}", answer: update },
  {
    number: 8,
    method: "DELETE",
    path: "/v1/boards/{board}",
    status: 204,
    async answer(request) {
      const { uuid } = await getBoard(request);
      await request.ask(rest.boards.retire, { params: { uuid }, body: {} });
    },
  },
];
