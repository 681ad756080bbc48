// Requests and their results, the original's name for operations: endpoints 56 to 59.
import { type Operation, rest } from "@s4t/contract";
import { type Collection, collected, everyOf, fieldsOf, listedOf, pick } from "./collection.ts";
import { invalid } from "./fault.ts";
import { listing, type Members, type V1Request, type V1Row } from "./row.ts";
import { isUuidLike, linksOf, momentOf } from "./values.ts";

const collection: Collection = {
  type: "requests",
  attributes: [
    ...["uuid", "destination_uuid", "main_request_uuid", "pending_requests", "status", "project"],
    ...["type", "action", "links", "created_at", "updated_at"],
  ],
  shown: [
    ...["uuid", "destination_uuid", "main_request_uuid", "pending_requests", "status", "type"],
    "action",
  ],
};

/** Our actions by the names of the procedures that the original called for them. */
const actions: Readonly<Record<string, string>> = {
  "board.restart": "DeviceRestartLR",
  "board.reboot": "DeviceReboot",
  "injection.call": "PluginCall",
  "injection.start": "PluginStart",
  "injection.stop": "PluginStop",
  "injection.restart": "PluginReboot",
};

const requestOf = (operation: Operation, pending: number, { base }: V1Request): Members => ({
  uuid: operation.uuid,
  destination_uuid: operation.board,
  main_request_uuid: operation.parent,
  pending_requests: pending,
  status: operation.endedAt === null ? "PENDING" : "COMPLETED",
  project: operation.project,
  type: 0,
  action: actions[operation.name] ?? operation.name,
  links: linksOf(base, "requests", operation.uuid),
  created_at: momentOf(operation.createdAt),
  updated_at: operation.endedAt === null ? null : momentOf(operation.endedAt),
});

const results: Readonly<Record<string, string>> = {
  done: "SUCCESS",
  queued: "RUNNING",
  running: "RUNNING",
  // Nobody knows whether it ran.
  unknown: "WARNING",
};

/** What a call answered, without what is ours about it. */
const answered = ({ name, result }: Operation): unknown =>
  name === "injection.call" && typeof result === "object" && result !== null && "result" in result
    ? result.result
    : result;

const messageOf = (operation: Operation): string => {
  if (operation.problem) return operation.problem.sentence;
  const message = answered(operation);
  if (message === null || message === undefined) return "";
  return typeof message === "string" ? message : JSON.stringify(message);
};

const resultOf = (operation: Operation): Members => ({
  board_uuid: operation.board,
  request_uuid: operation.uuid,
  result: results[operation.status] ?? "ERROR",
  message: messageOf(operation),
  created_at: momentOf(operation.createdAt),
  updated_at: operation.endedAt === null ? null : momentOf(operation.endedAt),
});

const idOf = (text: string): string => {
  if (!isUuidLike(text)) throw invalid(`Expected a uuid but received ${text.slice(0, 64)}.`);
  return text.toLowerCase();
};

const getOperation = (request: V1Request): Promise<Operation> =>
  request.ask(rest.operations.show, { params: { uuid: idOf(request.params.request ?? "") } });

const partsOf = (request: V1Request, { uuid, project }: Operation): Promise<Operation[]> =>
  everyOf((page) =>
    request.ask(rest.operations.list, {
      project,
      query: { ...page, parent: uuid, sort: "created" },
    }),
  );

const pendingOf = async (request: V1Request, operation: Operation): Promise<number> =>
  (await partsOf(request, operation)).filter(({ endedAt }) => endedAt === null).length;

const list = async (request: V1Request, isDetail: boolean): Promise<Members> => {
  const listed = listedOf(request, collection, isDetail);
  if (!["id", "uuid", "created_at"].includes(listed.sortKey))
    throw invalid(
      `The sort_key value ${listed.sortKey} is an invalid field for sorting: id, uuid, created_at`,
    );
  const { marker } = listed;
  const found = await request.ask(rest.operations.list, {
    query: {
      limit: listed.limit,
      sort: listed.descending ? "-created" : "created",
      ...(marker === undefined ? {} : { after: idOf(marker) }),
    },
  });
  const page = found.items.map((operation) => requestOf(operation, 0, request));
  return collected(request, "requests", listed, { page, more: found.next !== null });
};

export const requestRows: readonly V1Row[] = [
  {
    number: 56,
    method: "GET",
    path: "/v1/requests",
    query: listing,
    answer: (request) => list(request, false),
  },
  {
    number: 57,
    method: "GET",
    path: "/v1/requests/detail",
    query: listing,
    answer: (request) => list(request, true),
  },
  {
    number: 58,
    method: "GET",
    path: "/v1/requests/{request}",
    query: ["fields"],
    async answer(request) {
      const operation = await getOperation(request);
      const pending = await pendingOf(request, operation);
      return pick(
        requestOf(operation, pending, request),
        fieldsOf(request.query.fields, collection),
      );
    },
  },
  {
    number: 59,
    method: "GET",
    path: "/v1/requests/{request}/results",
    query: ["fields"],
    async answer(request) {
      const operation = await getOperation(request);
      const fields = fieldsOf(request.query.fields, {
        attributes: ["board_uuid", "request_uuid", "result", "message", "created_at", "updated_at"],
      });
      const all = [operation, ...(await partsOf(request, operation))];
      return {
        results: all.map((each) =>
          pick(resultOf(each), fields ?? ["board_uuid", "request_uuid", "result", "message"]),
        ),
      };
    },
  },
];
