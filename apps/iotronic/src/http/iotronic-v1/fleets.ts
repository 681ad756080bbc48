// Fleets in the original's words: endpoints 41 to 47. A board's fleet is the primary one of ours.
import { type Fleet, rest } from "@s4t/contract";
import { boardCollection, boardPage } from "./boards.ts";
import {
  type Collection,
  collected,
  everyOf,
  fieldsOf,
  listedOf,
  pageOf,
  pick,
} from "./collection.ts";
import { listing, type Members, type V1Request, type V1Row } from "./row.ts";
import {
  changedOf,
  extraOf,
  labelsOf,
  linksOf,
  momentOf,
  newName,
  objectOf,
  requireOnly,
  textOf,
} from "./values.ts";

const collection: Collection = {
  type: "fleets",
  attributes: [
    ...["uuid", "name", "project", "description", "links", "extra", "created_at", "updated_at"],
  ],
  shown: ["name", "uuid", "project", "description", "extra"],
};

const fleetOf = (fleet: Fleet, { base }: V1Request): Members => ({
  uuid: fleet.uuid,
  name: fleet.name,
  project: fleet.project,
  description: fleet.description,
  extra: extraOf(fleet.labels, []),
  links: linksOf(base, "fleets", fleet.uuid),
  created_at: momentOf(fleet.createdAt),
  updated_at: changedOf(fleet),
});

const getFleet = (request: V1Request): Promise<Fleet> =>
  request.ask(rest.fleets.show, { params: { uuid: request.params.fleet ?? "" } });

const list = async (request: V1Request, isDetail: boolean): Promise<Members> => {
  const listed = listedOf(request, collection, isDetail);
  const found = await everyOf((query) => request.ask(rest.fleets.list, { query }));
  const page = pageOf(
    found.map((fleet) => fleetOf(fleet, request)),
    listed,
  );
  return collected(request, "fleets", listed, page);
};

const writable = ["name", "description", "extra"];

/** What a body says of description and `extra`. */
const toldIn = (body: Members) => {
  const description = textOf(body.description, "description");
  const extra = objectOf(body.extra, "extra");
  return {
    ...(description === undefined ? {} : { description }),
    ...(extra === undefined ? {} : { labels: labelsOf(extra, []) }),
  };
};

const create = async (request: V1Request): Promise<Members> => {
  const { body } = request;
  requireOnly(body, writable, collection.attributes);
  const name = newName(body.name, "fleet");
  return fleetOf(
    await request.ask(rest.fleets.create, { body: { name, ...toldIn(body) } }),
    request,
  );
};

const update = async (request: V1Request): Promise<Members> => {
  const { body } = request;
  requireOnly(body, writable, collection.attributes);
  const fleet = await getFleet(request);
  const name =
    body.name === undefined || body.name === fleet.name ? undefined : newName(body.name, "fleet");
  const changed = await request.ask(rest.fleets.update, {
    params: { uuid: fleet.uuid },
    body: { ...(name === undefined ? {} : { name }), ...toldIn(body) },
  });
  return fleetOf(changed, request);
};

export const fleetRows: readonly V1Row[] = [
  {
    number: 41,
    method: "GET",
    path: "/v1/fleets",
    query: listing,
    answer: (request) => list(request, false),
  },
  {
    number: 42,
    method: "GET",
    path: "/v1/fleets/detail",
    query: listing,
    answer: (request) => list(request, true),
  },
  { number: 43, method: "POST", path: "/v1/fleets", status: 201, answer: create },
  {
    number: 44,
    method: "GET",
    path: "/v1/fleets/{fleet}",
    query: ["fields"],
    answer: async (request) =>
      pick(fleetOf(await getFleet(request), request), fieldsOf(request.query.fields, collection)),
  },
  { number: 45, method: "PATCH", path: "/v1/fleets/{fleet}", answer: update },
  {
    number: 46,
    method: "DELETE",
    path: "/v1/fleets/{fleet}",
    status: 204,
    async answer(request) {
      await request.ask(rest.fleets.remove, { params: { uuid: request.params.fleet ?? "" } });
    },
  },
  {
    number: 47,
    method: "GET",
    path: "/v1/fleets/{fleet}/boards",
    query: listing,
    async answer(request) {
      const listed = listedOf(request, boardCollection);
      const { uuid, project } = await getFleet(request);
      return boardPage(request, listed, { fleet: uuid, project });
    },
  },
];
