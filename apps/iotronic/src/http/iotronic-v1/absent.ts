// Networks and web services, which this cloud has not yet: lists are empty, and whoever asks for one is told in the original's words
// what it told where its parts were missing. Endpoints 18 to 26 and 48 to 55.
import { getBoard, getOnline } from "./boards.ts";
import { listedOf } from "./collection.ts";
import { Fault, invalid } from "./fault.ts";
import { listing, type Method, type V1Request, type V1Row } from "./row.ts";
import { integerOf, isUuidLike, requiredText, requireOnly } from "./values.ts";

const portAttributes = [
  ...["uuid", "board_uuid", "MAC_add", "VIF_name", "network", "ip", "links", "extra"],
  ...["created_at", "updated_at"],
];
const webserviceAttributes = [
  ...["uuid", "name", "port", "board_uuid", "secure", "links", "extra", "created_at", "updated_at"],
];
const enabledAttributes = [
  ...["board_uuid", "http_port", "https_port", "dns", "zone", "extra", "created_at", "updated_at"],
];

const nothing =
  (type: string, attributes: readonly string[]) =>
  async (request: V1Request): Promise<object> => {
    const { marker } = listedOf(request, { type, attributes, shown: attributes });
    if (marker !== undefined)
      throw new Fault(404, `Resource ${marker.slice(0, 64)} could not be found.`);
    return { [type]: [] };
  };

const nothingOnBoard =
  (type: string, attributes: readonly string[]) =>
  async (request: V1Request): Promise<object> => {
    await getBoard(request);
    return nothing(type, attributes)(request);
  };

const noPort = async ({ params }: V1Request): Promise<never> => {
  throw new Fault(404, `Port ${params.port ?? ""} could not be found.`);
};
const noWebservice = async ({ params }: V1Request): Promise<never> => {
  const { webservice = "" } = params;
  if (!isUuidLike(webservice))
    throw invalid(`Expected a uuid but received ${webservice.slice(0, 64)}.`);
  throw new Fault(404, `Webservice ${webservice} could not be found.`);
};

const uuidOf = (value: unknown, name: string): string => {
  const uuid = requiredText(value, name);
  if (!isUuidLike(uuid)) throw invalid(`Expected a uuid but received ${uuid.slice(0, 64)}.`);
  return uuid;
};

const attach = async (request: V1Request): Promise<never> => {
  requireOnly(request.body, ["network", "subnet", "security_groups"], []);
  uuidOf(request.body.network, "network");
  const subnet = uuidOf(request.body.subnet, "subnet");
  await getOnline(request);
  throw new Fault(404, `Subnet ${subnet} could not be found: this cloud has no networks yet.`);
};

const detach = async (request: V1Request): Promise<never> => {
  await getOnline(request);
  return noPort(request);
};

const notEnabled = (board: string): Fault =>
  new Fault(404, `EnabledWebservice of board ${board} could not be found.`);

const expose = async (request: V1Request): Promise<never> => {
  requireOnly(request.body, ["name", "port", "secure"], []);
  requiredText(request.body.name, "name");
  if (integerOf(request.body.port, "port") === undefined) throw invalid("Port is not specified.");
  const { uuid } = await getOnline(request);
  throw notEnabled(uuid);
};

const enable = async (request: V1Request): Promise<never> => {
  requireOnly(request.body, ["dns", "zone", "email"], []);
  for (const name of ["dns", "zone", "email"]) requiredText(request.body[name], name);
  await getOnline(request);
  throw new Fault(
    404,
    "Service webservice could not be found: this cloud has no web services yet.",
  );
};

const webservicesOf = (verb: "disable" | "renew") => async (request: V1Request) => {
  const { uuid } = await (verb === "renew" ? getOnline : getBoard)(request);
  throw notEnabled(uuid);
};

const row = (
  number: number,
  method: Method,
  path: string,
  answer: V1Row["answer"],
  more: Partial<V1Row> = {},
): V1Row => ({ number, method, path, answer, ...more });
const listed = { query: listing };
const shown = { query: ["fields"] };
const board = "/v1/boards/{board}";

export const absentRows: readonly V1Row[] = [
  row(18, "GET", `${board}/ports`, nothingOnBoard("ports", portAttributes), listed),
  row(19, "GET", `${board}/ports/{port}`, async (request) => {
    await getBoard(request);
    return noPort(request);
  }),
  row(20, "PUT", `${board}/ports`, attach),
  row(21, "DELETE", `${board}/ports/{port}`, detach, { status: 204 }),
  row(
    22,
    "GET",
    `${board}/webservices`,
    nothingOnBoard("webservices", webserviceAttributes),
    listed,
  ),
  row(23, "PUT", `${board}/webservices`, expose, { status: 201 }),
  row(24, "POST", `${board}/webservices/enable`, enable, { status: 201 }),
  row(25, "DELETE", `${board}/webservices/disable`, webservicesOf("disable"), { status: 204 }),
  row(26, "GET", `${board}/webservices/renew`, webservicesOf("renew")),
  row(48, "GET", "/v1/webservices", nothing("webservices", webserviceAttributes), listed),
  row(49, "GET", "/v1/webservices/detail", nothing("webservices", webserviceAttributes), listed),
  row(50, "GET", "/v1/webservices/{webservice}", noWebservice, shown),
  row(51, "DELETE", "/v1/webservices/{webservice}", noWebservice, { status: 204 }),
  row(
    52,
    "GET",
    "/v1/enabledwebservices",
    nothing("EnabledWebservices", enabledAttributes),
    listed,
  ),
  row(53, "GET", "/v1/ports", nothing("ports", portAttributes), listed),
  row(54, "GET", "/v1/ports/{port}", noPort, shown),
  row(55, "DELETE", "/v1/ports/{port}", noPort, { status: 204 }),
];
