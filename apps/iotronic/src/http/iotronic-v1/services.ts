// Services in the original's words: endpoints 34 to 40, and what is exposed on a board, 14 to 17.
import {
  type Board,
  type Connection,
  type Exposure,
  type ProjectId,
  rest,
  type Service,
} from "@s4t/contract";
import { may } from "../../policy/index.ts";
import { getBoard, getOnline } from "./boards.ts";
import {
  type Collection,
  collected,
  everyOf,
  fieldsOf,
  listedOf,
  pageOf,
  pick,
} from "./collection.ts";
import { Fault, invalid } from "./fault.ts";
import { settled } from "./on-board.ts";
import { listing, type Members, type V1Request, type V1Row } from "./row.ts";
import {
  booleanOf,
  changedOf,
  extraOf,
  integerOf,
  isUuidLike,
  labelsOf,
  linksOf,
  momentOf,
  newName,
  objectOf,
  requiredText,
  requireOnly,
  slugOf,
  withLabels,
} from "./values.ts";

const collection: Collection = {
  type: "services",
  attributes: [
    ...["uuid", "name", "project", "port", "protocol", "links", "extra", "public"],
    ...["created_at", "updated_at"],
  ],
  shown: ["name", "uuid", "project", "port", "protocol", "extra"],
};

const ownLabels = ["public", "protocol"];
const isPublic = ({ labels }: Service): boolean => labels.public === "true";

const serviceIdent = (ident: string): string => (isUuidLike(ident) ? ident : slugOf(ident));

const serviceOf = (service: Service, { base }: V1Request): Members => ({
  uuid: service.uuid,
  name: service.name,
  project: service.project,
  port: service.port,
  protocol: service.labels.protocol ?? "TCP",
  extra: extraOf(service.labels, ownLabels),
  links: linksOf(base, "services", service.uuid),
  created_at: momentOf(service.createdAt),
  updated_at: changedOf(service),
});

const getService = (request: V1Request): Promise<Service> =>
  request.ask(rest.services.show, {
    params: { uuid: serviceIdent(request.params.service ?? "") },
  });

const list = async (
  request: V1Request,
  { isDetail = false, onlyPublic = false } = {},
): Promise<Members> => {
  const listed = listedOf(request, collection, isDetail);
  const found = await everyOf((query) => request.ask(rest.services.list, { query }));
  const wanted = onlyPublic ? found.filter(isPublic) : found;
  const page = pageOf(
    wanted.map((service) => serviceOf(service, request)),
    listed,
  );
  return collected(request, "services", listed, page);
};

/** `TCP` and `ANY`, which was carried as TCP there, too. */
const protocolOf = (value: unknown): string => {
  const protocol = requiredText(value, "protocol").toUpperCase();
  if (protocol === "TCP" || protocol === "ANY") return protocol;
  throw invalid(
    `Protocol ${protocol.slice(0, 16)} cannot be exposed: tunnels carry TCP. Valid are TCP and ANY.`,
  );
};

const portOf = (value: unknown): number => {
  const port = integerOf(value, "port");
  if (port === undefined) throw invalid("Port is not specified.");
  if (port >= 1 && port <= 65_535) return port;
  throw invalid(`Invalid input for field/attribute port. Value: '${port}'. 1 to 65535 are ports`);
};

const writable = ["name", "port", "protocol", "extra", "public"];

/** Labels after what a body says of `extra`, `protocol` and `public`; undefined where it says nothing of them. */
const changedLabels = (body: Members, labels: Service["labels"]): Service["labels"] | undefined => {
  const extra = objectOf(body.extra, "extra");
  const asPublic = booleanOf(body.public, "public");
  const protocol = body.protocol === undefined ? undefined : protocolOf(body.protocol);
  if (extra === undefined && asPublic === undefined && protocol === undefined) return undefined;
  const kept = extra === undefined ? labels : labelsOf(extra, ownLabels);
  const before = { public: labels.public, protocol: labels.protocol };
  return withLabels(withLabels(kept, before), {
    public: asPublic === undefined ? undefined : asPublic ? "true" : null,
    protocol: protocol === undefined ? undefined : protocol === "ANY" ? "ANY" : null,
  });
};

const create = async (request: V1Request): Promise<Members> => {
  const { body } = request;
  requireOnly(body, writable, collection.attributes);
  const name = slugOf(newName(body.name, "service"));
  if (name === "") throw invalid("Cannot create service with invalid name");
  if (body.protocol === undefined) throw invalid("Protocol is not specified.");
  const labels = changedLabels(body, {}) ?? {};
  const made = await request.ask(rest.services.create, {
    body: { name, port: portOf(body.port), labels },
  });
  return serviceOf(made, request);
};

const update = async (request: V1Request): Promise<Members> => {
  const { body } = request;
  requireOnly(body, writable, collection.attributes);
  const service = await getService(request);
  if (body.name !== undefined && slugOf(requiredText(body.name, "name")) !== service.name)
    throw invalid("The name of a service cannot be changed: boards know it by that.");
  const labels = changedLabels(body, service.labels);
  const changed = await request.ask(rest.services.update, {
    params: { uuid: service.uuid },
    ifMatch: service.rev,
    body: {
      ...(body.port === undefined ? {} : { port: portOf(body.port) }),
      ...(labels === undefined ? {} : { labels }),
    },
  });
  return serviceOf(changed, request);
};

const exposedOf = ({ service, publicPort, createdAt }: Exposure): Members => ({
  service: service.uuid,
  public_port: publicPort,
  created_at: momentOf(createdAt),
  updated_at: null,
});

const exposuresOn = async (request: V1Request, board: Board): Promise<Exposure[]> => {
  const params = { uuid: board.uuid };
  const { items } = await request.ask(rest.exposures.list, { params, project: board.project });
  return items;
};

interface OnBoard {
  readonly board: Board;
  readonly service: Service;
  readonly exposure: Exposure | undefined;
}
type ServiceAction = (request: V1Request, on: OnBoard) => Promise<string>;

const requireExposed = ({ exposure }: OnBoard): Exposure => {
  if (!exposure) throw new Fault(404, "ExposedService could not be found.");
  return exposure;
};

const findExposure = async (
  request: V1Request,
  { board, service }: Pick<OnBoard, "board" | "service">,
): Promise<Exposure> => {
  const found = (await exposuresOn(request, board)).find(
    (each) => each.service.uuid === service.uuid,
  );
  if (!found) throw new Fault(404, "ExposedService could not be found.");
  return found;
};

const settle = (request: V1Request, call: string, on: OnBoard): Promise<Exposure> =>
  settled(() => findExposure(request, on), {
    ...{ board: on.board.uuid, call, request },
  });

const serviceActions: Readonly<Record<string, ServiceAction>> = {
  async ServiceEnable(request, on) {
    const { board, service, exposure } = on;
    if (exposure) throw new Fault(409, `Service ${service.uuid} already exposed.`);
    await request.ask(rest.exposures.expose, {
      params: { uuid: board.uuid, service: service.uuid },
      project: board.project,
      body: {},
    });
    const { publicPort } = await settle(request, "ServiceEnable", on);
    return `Cloud service ${service.name} exposed on port ${publicPort}`;
  },
  async ServiceDisable(request, on) {
    requireExposed(on);
    const { board, service } = on;
    await request.ask(rest.exposures.withdraw, {
      params: { uuid: board.uuid, service: service.uuid },
      project: board.project,
    });
    return `Cloud service ${service.name} disabled`;
  },
  async ServiceRestore(request, on) {
    requireExposed(on);
    const { publicPort } = await settle(request, "ServiceRestore", on);
    return `Cloud service ${on.service.name} restored on port ${publicPort}`;
  },
};

const act = async (request: V1Request): Promise<string> => {
  requireOnly(request.body, ["action", "parameters"], []);
  const action = requiredText(request.body.action, "action");
  const known = Object.hasOwn(serviceActions, action) ? serviceActions[action] : undefined;
  if (!known) throw invalid(`Invalid Action ${action.slice(0, 64)} for the service.`);
  const board = await getOnline(request);
  const uuid = serviceIdent(request.params.service ?? "");
  const service = await request.ask(rest.services.show, {
    params: { uuid },
    project: board.project,
  });
  const exposure = (await exposuresOn(request, board)).find(
    (each) => each.service.uuid === service.uuid,
  );
  return known(request, { board, service, exposure });
};

/** Who is connected, for who may know; nobody for others. */
const connectionsOn = async (request: V1Request, board: Board): Promise<Connection[]> => {
  if (!may(request.actor, "connection.list", board.project as ProjectId)) return [];
  const params = { uuid: board.uuid };
  return (await request.ask(rest.connections.list, { params, project: board.project })).items;
};

const status = async (request: V1Request): Promise<Members> => {
  const board = await getOnline(request);
  const exposures = await exposuresOn(request, board);
  const connections = await connectionsOn(request, board);
  return {
    sockets: exposures.map(
      ({ service, publicPort, door }) =>
        `tcp ${request.host}:${publicPort} 127.0.0.1:${service.port} ${door.open ? "LISTEN" : "CLOSED"} ${service.name}`,
    ),
    procs: connections.map(
      ({ door, what, from, since }) => `${door} ${what} ${from ?? "-"} ${momentOf(since)}`,
    ),
  };
};

export const serviceRows: readonly V1Row[] = [
  {
    number: 14,
    method: "GET",
    path: "/v1/boards/{board}/services",
    answer: async (request) => ({
      exposed: (await exposuresOn(request, await getBoard(request))).map(exposedOf),
    }),
  },
  { number: 15, method: "POST", path: "/v1/boards/{board}/services/{service}/action", answer: act },
  {
    number: 16,
    method: "GET",
    path: "/v1/boards/{board}/services/restore",
    answer: async (request) => ({
      exposed: (await exposuresOn(request, await getOnline(request))).map(exposedOf),
    }),
  },
  { number: 17, method: "GET", path: "/v1/boards/{board}/services/status", answer: status },
  {
    number: 34,
    method: "GET",
    path: "/v1/services",
    query: listing,
    answer: (request) => list(request),
  },
  {
    number: 35,
    method: "GET",
    path: "/v1/services/public",
    query: listing,
    answer: (request) => list(request, { onlyPublic: true }),
  },
  {
    number: 36,
    method: "GET",
    path: "/v1/services/detail",
    query: listing,
    answer: (request) => list(request, { isDetail: true }),
  },
  { number: 37, method: "POST", path: "/v1/services", status: 201, answer: create },
  {
    number: 38,
    method: "GET",
    path: "/v1/services/{service}",
    query: ["fields"],
    answer: async (request) =>
      pick(
        serviceOf(await getService(request), request),
        fieldsOf(request.query.fields, collection),
      ),
  },
  { number: 39, method: "PATCH", path: "/v1/services/{service}", answer: update },
  {
    number: 40,
    method: "DELETE",
    path: "/v1/services/{service}",
    status: 204,
    async answer(request) {
      const uuid = serviceIdent(request.params.service ?? "");
      await request.ask(rest.services.remove, { params: { uuid } });
    },
  },
];
