// The contract as an OpenAPI 3.1 document: schemas with an `$id` become components, everything else stays in place.
import {
  ALL_PROJECTS,
  type Endpoint,
  PROBLEM_MEDIA_TYPE,
  PROJECT_HEADER,
  Preview,
  ProblemDetails,
  RELEASE,
} from "@s4t/contract";

type Node = Record<string, unknown>;

/** Schemas with an `$id` → references, collected on the way. */
const collect = (value: unknown, components: Map<string, unknown>): unknown => {
  if (Array.isArray(value)) return value.map((member) => collect(member, components));
  if (typeof value !== "object" || value === null) return value;
  const { $id, ...rest } = value as Node;
  const inside = () =>
    Object.fromEntries(
      Object.entries(rest).map(([key, member]) => [key, collect(member, components)]),
    );
  if (typeof $id !== "string") return inside();
  if (!components.has($id)) {
    components.set($id, {});
    components.set($id, inside());
  }
  return { $ref: `#/components/schemas/${$id}` };
};

const header = (name: string, description: string, example: string): Node => ({
  ...{ name, in: "header", required: false, description, example },
  schema: { type: "string" },
});

/** Headers that change what a request does. */
const headersOf = ({ method, body, action, revised }: Endpoint): Node[] => [
  ...(method === "POST" && body && action !== "public"
    ? [
        header(
          "idempotency-key",
          "16 to 128 visible characters: a request that comes again with the same key within a day is not done again, and is answered as the first",
          "8e03978e-40d5-43dd-bc93-6894a57f9324",
        ),
      ]
    : []),
  ...(revised
    ? [
        header(
          "if-match",
          "The ETag that the change was made from; `request.stale` (412) when it is another by now",
          '"7"',
        ),
      ]
    : []),
];

const parametersOf = (endpoint: Endpoint, shown: (schema: unknown) => unknown): Node[] => {
  const list: Node[] = [];
  for (const place of ["params", "query"] as const) {
    const schema = endpoint[place] as
      | { properties?: Record<string, Node>; required?: string[] }
      | undefined;
    for (const [name, member] of Object.entries(schema?.properties ?? {})) {
      const { description, ...rest } = member;
      list.push({
        name,
        in: place === "params" ? "path" : "query",
        required: place === "params" || (schema?.required ?? []).includes(name),
        ...(description ? { description } : {}),
        schema: shown(rest),
      });
    }
  }
  if (endpoint.scope === "project")
    list.push({
      name: PROJECT_HEADER,
      in: "header",
      required: false,
      description: `Project, by id or name; \`${ALL_PROJECTS}\` for all that you reach`,
      schema: { type: "string" },
    });
  if (endpoint.preview)
    list.push({
      name: "preview",
      in: "query",
      required: false,
      description: "Answer a `Preview` with status 200, and change nothing",
      schema: { type: "boolean" },
    });
  list.push(...headersOf(endpoint));
  return list;
};

/** Makes the document. */
export const openApiOf = (
  endpoints: readonly (readonly [name: string, endpoint: Endpoint])[],
  title: string,
): Node => {
  const components = new Map<string, unknown>();
  const shown = (schema: unknown) => collect(schema, components);
  const problem = {
    description: "What went wrong",
    content: { [PROBLEM_MEDIA_TYPE]: { schema: shown(ProblemDetails) } },
  };
  const paths: Record<string, Node> = {};
  for (const [name, endpoint] of endpoints) {
    const status = String(endpoint.status ?? 200);
    const content =
      status === "204"
        ? {}
        : { content: { "application/json": { schema: shown(endpoint.reply) } } };
    const previewed = endpoint.preview
      ? {
          "200": {
            description: "A preview",
            content: { "application/json": { schema: shown(Preview) } },
          },
        }
      : {};
    const example = endpoint.example === undefined ? {} : { example: endpoint.example };
    paths[endpoint.path] = {
      ...paths[endpoint.path],
      [endpoint.method.toLowerCase()]: {
        operationId: name,
        tags: [name.split(".")[0]],
        summary: endpoint.summary,
        description:
          endpoint.action === "public"
            ? "For everyone."
            : `Action \`${endpoint.action}\` of the policy table.`,
        parameters: parametersOf(endpoint, shown),
        ...(endpoint.body
          ? {
              requestBody: {
                required: true,
                content: { "application/json": { schema: shown(endpoint.body), ...example } },
              },
            }
          : {}),
        responses: {
          [status]: { description: "Done", ...content },
          ...(status === "200" ? {} : previewed),
          default: problem,
        },
        ...(endpoint.action === "public" ? { security: [] } : {}),
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: { title, version: RELEASE, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { cookie: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(components),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        cookie: { type: "apiKey", in: "cookie", name: "s4t_session" },
      },
    },
  };
};
