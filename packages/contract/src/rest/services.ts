// Services: what listens on boards, opened to the world or to one user.
import type { Static } from "typebox";
import * as Type from "typebox";
import { Uuid } from "../ids.ts";
import { HostName, PortNumber } from "../stream.ts";
import { ServiceName } from "../target/services.ts";
import { endpoint, Nothing, Strict } from "./endpoint.ts";
import {
  Actions,
  Description,
  Labels,
  Page,
  Problem,
  pageQuery,
  resourceMembers,
  Time,
  uuidParams,
} from "./shared.ts";

/** Most source ranges of one exposure. */
export const MAX_SOURCES = 64;
/** Longest time that an exposure may be given at once: a year. */
export const MAX_EXPOSURE_S = 31_536_000;

/** A service: an entry of the project's catalogue. */
export const Service = Type.Object(
  {
    ...resourceMembers,
    name: ServiceName,
    project: Uuid("Project"),
    protocol: Type.Enum(["tcp"]),
    port: PortNumber,
    host: Type.String({ description: "As the board reaches it; its own loopback unless said" }),
    description: Description,
    labels: Labels,
    exposures: Type.Integer({ minimum: 0 }),
    actions: Actions,
  },
  { $id: "Service" },
);
export type Service = Static<typeof Service>;

const Source = Type.String({ maxLength: 64, description: "Address or CIDR range" });

/** A service opened on a board. */
export const Exposure = Type.Object(
  {
    service: Type.Object({ uuid: Uuid("Service"), name: ServiceName, port: PortNumber }),
    board: Type.Object({ uuid: Uuid("Board"), name: Type.String() }),
    /** Port of the cloud that leads to it. */
    publicPort: PortNumber,
    /** Where the cloud listens with it. */
    publicHost: Type.String(),
    /** Set where the door is open beyond the cloud's own machine, and to everybody. */
    warning: Type.Union([Problem, Type.Null()]),
    sources: Type.Array(Source, {
      description: "Who may connect; everybody who gets there if empty",
    }),
    expiresAt: Type.Union([Time, Type.Null()]),
    entry: Type.Object({
      state: Type.Enum(["waiting", "reached", "failed"]),
      problem: Type.Union([Problem, Type.Null()]),
    }),
    /** Whether the cloud listens, or why not. */
    door: Type.Object({
      open: Type.Boolean(),
      problem: Type.Union([Problem, Type.Null()]),
    }),
    connections: Type.Integer({ minimum: 0, description: "Open now" }),
    createdAt: Time,
    createdBy: Type.String(),
    actions: Actions,
  },
  { $id: "Exposure" },
);
export type Exposure = Static<typeof Exposure>;

/** Doors through which bytes come to a board. */
export const doors = ["port", "forward", "shell", "files"] as const;

/** One stream to a board that is open. */
export const Connection = Type.Object(
  {
    uuid: Uuid("Connection"),
    board: Uuid("Board"),
    door: Type.Enum(doors),
    what: Type.String({ description: "Service, endpoint, path" }),
    from: Type.Union([Type.String(), Type.Null()], { description: "Address of the other end" }),
    actor: Type.Union([Type.String(), Type.Null()], {
      description: "Who opened it; null at a public port",
    }),
    since: Time,
    bytesIn: Type.Integer({ minimum: 0, description: "To the board" }),
    bytesOut: Type.Integer({ minimum: 0, description: "From the board" }),
  },
  { $id: "Connection" },
);
export type Connection = Static<typeof Connection>;

const changeable = {
  description: Type.Optional(Description),
  labels: Type.Optional(Labels),
};

export const services = {
  list: endpoint({
    method: "GET",
    path: "/api/services",
    action: "service.list",
    scope: "project",
    summary: "List services",
    query: Strict({ ...pageQuery }),
    reply: Page(Service),
  }),
  create: endpoint({
    method: "POST",
    path: "/api/services",
    action: "service.create",
    scope: "project",
    summary: "Create a service",
    body: Strict({
      name: ServiceName,
      port: PortNumber,
      protocol: Type.Optional(Type.Enum(["tcp"])),
      host: Type.Optional(HostName),
      ...changeable,
    }),
    reply: Service,
    status: 201,
    example: { name: "web", port: 80 },
  }),
  show: endpoint({
    method: "GET",
    path: "/api/services/{uuid}",
    action: "service.list",
    scope: "project",
    summary: "Show a service",
    params: uuidParams,
    reply: Service,
  }),
  update: endpoint({
    method: "PATCH",
    path: "/api/services/{uuid}",
    action: "service.update",
    scope: "project",
    summary: "Change port, host, description or labels; boards follow",
    params: uuidParams,
    body: Strict({
      port: Type.Optional(PortNumber),
      host: Type.Optional(HostName),
      ...changeable,
    }),
    revised: true,
    preview: true,
    reply: Service,
  }),
  remove: endpoint({
    method: "DELETE",
    path: "/api/services/{uuid}",
    action: "service.remove",
    scope: "project",
    summary: "Remove a service that is exposed on no board",
    params: uuidParams,
    revised: true,
    preview: true,
    reply: Nothing,
    status: 204,
  }),
};

const exposureParams = Strict({
  uuid: uuidParams.properties.uuid,
  service: Type.String({ minLength: 1, maxLength: 63, description: "Service id, or name" }),
});
const path = "/api/boards/{uuid}/services/{service}";

export const exposures = {
  all: endpoint({
    method: "GET",
    path: "/api/exposures",
    action: "exposure.list",
    scope: "project",
    summary: "List what is exposed, on all boards",
    query: Strict({ ...pageQuery }),
    reply: Page(Exposure),
  }),
  list: endpoint({
    method: "GET",
    path: "/api/boards/{uuid}/services",
    action: "exposure.list",
    scope: "project",
    summary: "What is exposed on a board",
    params: uuidParams,
    reply: Type.Object({ items: Type.Array(Exposure) }),
  }),
  expose: endpoint({
    method: "PUT",
    path,
    action: "exposure.expose",
    scope: "project",
    summary: "Open a service of a board on a public port, or change how it is open",
    params: exposureParams,
    body: Strict({
      publicPort: Type.Optional(PortNumber),
      sources: Type.Optional(Type.Array(Source, { maxItems: MAX_SOURCES })),
      ttlS: Type.Optional(
        Type.Union([Type.Integer({ minimum: 1, maximum: MAX_EXPOSURE_S }), Type.Null()]),
      ),
    }),
    reply: Exposure,
    example: {},
  }),
  withdraw: endpoint({
    method: "DELETE",
    path,
    action: "exposure.withdraw",
    scope: "project",
    summary: "Close a service of a board; who is connected is cut",
    params: exposureParams,
    preview: true,
    reply: Nothing,
    status: 204,
  }),
};

export const connections = {
  list: endpoint({
    method: "GET",
    path: "/api/boards/{uuid}/connections",
    action: "connection.list",
    scope: "project",
    summary: "Who is connected to a board through the cloud",
    params: uuidParams,
    reply: Type.Object({ items: Type.Array(Connection) }),
  }),
  cut: endpoint({
    method: "DELETE",
    path: "/api/boards/{uuid}/connections/{connection}",
    action: "connection.cut",
    scope: "project",
    summary: "Cut a connection",
    params: Strict({ uuid: uuidParams.properties.uuid, connection: Uuid("Connection") }),
    reply: Nothing,
    status: 204,
  }),
};

/** A way to a board for one client: a tunnel that it dials, on which it may open streams of the kind that it asked for. */
export const Way = Type.Object(
  {
    path: Type.String(),
    ticket: Type.String({ description: "For one use" }),
    expiresInS: Type.Integer(),
    /** On a sealed project: what the owner signs into the stream, and the key that the board is said to have. */
    challenge: Type.Union([
      Type.Object({
        challenge: Type.String({ pattern: "^[0-9a-f]{64}$" }),
        board: Type.String({
          pattern: "^[0-9a-f]{64}$",
          description: "Public key; compare it with the one that you know",
        }),
      }),
      Type.Null(),
    ]),
  },
  { $id: "Way" },
);
export type Way = Static<typeof Way>;

const way = (verb: string, summary: string, body = {}) =>
  endpoint({
    method: "POST",
    path: `/api/boards/{uuid}/${verb}`,
    action: `stream.${verb}`,
    scope: "project",
    summary,
    params: uuidParams,
    body: Strict(body),
    reply: Way,
    status: 201,
  });

export const streams = {
  forward: endpoint({
    ...way("forward", ""),
    action: "stream.forward",
    summary:
      "A way to a TCP port that a board reaches; the board lets it be while the way is there",
    body: Strict({ host: HostName, port: PortNumber }),
    example: { host: "127.0.0.1", port: 80 },
  }),
  shell: endpoint({
    ...way("shell", ""),
    action: "stream.shell",
    summary: "A way to a terminal on a board",
    body: Strict({}),
    example: {},
  }),
  files: endpoint({
    ...way("files", ""),
    action: "stream.files",
    summary: "A way to the files of a board, within the folders that its owner allows",
    body: Strict({}),
    example: {},
  }),
};
