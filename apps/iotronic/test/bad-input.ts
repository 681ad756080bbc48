// Requests that no client of ours would send, made from the contract's own schemas: right ones, and right ones spoilt.
import { type Endpoint, endpoints } from "@s4t/contract";
import fc from "fast-check";
import type { TSchema } from "typebox";
import type { Answered, TestCloud } from "./cloud.ts";

interface SchemaNode {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
}

/** Values that fit a schema's types and bounds, though seldom its patterns: the edge's own judgement is what is tried. */
const fitting = (schema: SchemaNode): fc.Arbitrary<unknown> => {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(fitting));
  switch (schema.type) {
    case "string":
      return fc.string({
        unit: "binary",
        minLength: schema.minLength ?? 0,
        maxLength: Math.min(schema.maxLength ?? 40, 80),
      });
    case "integer":
      return fc.integer({ min: schema.minimum ?? -1_000, max: schema.maximum ?? 1_000_000 });
    case "number":
      return fc.double({
        noNaN: true,
        noDefaultInfinity: true,
        min: schema.minimum ?? -1e6,
        max: schema.maximum ?? 1e6,
      });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(fitting(schema.items ?? {}), { maxLength: 4 });
    case "object": {
      const properties = Object.entries(schema.properties ?? {});
      if (properties.length === 0)
        return fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }));
      return fc.record(
        Object.fromEntries(properties.map(([name, member]) => [name, fitting(member)])),
        { requiredKeys: [...(schema.required ?? [])] },
      );
    }
    default:
      return fc.jsonValue();
  }
};

/** One fault somewhere in a value: a wrong type, a member too many, one too few. */
const spoil = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(value, fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.string({ maxLength: 12 }))
    .map(([given, junk, at, name]) => {
      if (typeof given !== "object" || given === null || Array.isArray(given)) return junk;
      const copy = structuredClone(given) as Record<string, unknown>;
      const keys = Object.keys(copy);
      const key = keys[at % Math.max(1, keys.length)];
      if (at % 3 === 0 && key !== undefined) copy[key] = junk;
      else if (at % 3 === 1 && key !== undefined) delete copy[key];
      else copy[name] = junk;
      return copy;
    });

/** Texts for a path or a query: ids, names, traversals, quotes, controls. */
const pathText = fc.oneof(
  fc.uuid(),
  fc.string({ unit: "binary", minLength: 1, maxLength: 70 }),
  fc.constantFrom(
    "..",
    "../../etc/passwd",
    "%00",
    "'; drop table boards; --",
    "{uuid}",
    "null",
    "\u202e",
  ),
);

/** One request to an endpoint. */
export interface BadRequest {
  readonly path: string;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

const header = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  { "if-match": "nonsense" },
  { "if-match": '"7"' },
  { prefer: "wait=99999" },
  { prefer: "wait=-1" },
  { "s4t-project": "no such project" },
  { "s4t-project": "all" },
  { "idempotency-key": "x".repeat(300) },
  { "content-type": "application/xml" },
  { accept: "image/png" },
);

const queryText = (schema: TSchema | undefined): fc.Arbitrary<string> => {
  const names = Object.keys((schema as SchemaNode | undefined)?.properties ?? {});
  return fc
    .array(
      fc.tuple(
        fc.oneof(fc.constantFrom("limit", ...names), fc.string({ maxLength: 8 })),
        fc.oneof(pathText, fc.integer().map(String)),
      ),
      { maxLength: 3 },
    )
    .map((pairs) =>
      pairs
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
        .join("&"),
    );
};

const wellFormed = (text: string) => text.toWellFormed();

/** Requests to an endpoint, right and wrong mixed. */
export const requestsTo = (endpoint: Endpoint): fc.Arbitrary<BadRequest> => {
  const body = endpoint.body ? fitting(endpoint.body as SchemaNode) : fc.jsonValue({ maxDepth: 2 });
  const text = fc.oneof(
    { weight: 4, arbitrary: body.map((value) => JSON.stringify(value)) },
    { weight: 4, arbitrary: spoil(body).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
  );
  return fc
    .tuple(
      pathText.map(wellFormed),
      pathText.map(wellFormed),
      queryText(endpoint.query).map(wellFormed),
      text,
      header,
    )
    .map(([first, second, query, sent, headers]) => ({
      path:
        endpoint.path
          .replace("{uuid}", () => encodeURIComponent(first))
          .replace("{user}", () => encodeURIComponent(second)) + (query === "" ? "" : `?${query}`),
      body: endpoint.method === "GET" ? undefined : sent,
      headers,
    }));
};

/** What may be tried at random: not what ends the caller's own session, replaces all data, or waits by design. */
export const triable = endpoints.filter(
  ([name]) =>
    !["sessions.signOut", "sessions.signIn", "cloud.restore", "cloud.backup"].includes(name),
);

/** A whole answer or a coded refusal: never our fault, never anything of the inside. */
export const complaintAbout = (answer: Answered): string | undefined => {
  if (answer.status >= 500 && ![501, 502, 503, 504, 507].includes(answer.status))
    return `status ${answer.status}: ${answer.text.slice(0, 300)}`;
  if (answer.status >= 400 && answer.code === undefined)
    return `no problem+json: ${answer.status} ${answer.text.slice(0, 300)}`;
  if (/\bat [\w.<>]+ \(|node_modules|\.ts:\d+|SQLITE_|sqlite error/i.test(answer.text))
    return `shows its inside: ${answer.text.slice(0, 300)}`;
  return undefined;
};

/** Tries `runs` requests to every endpoint. Throws at the first complaint, with the request and the seed. */
export const tryBadRequests = async (cloud: TestCloud, runs: number, seed?: number) => {
  for (const [name, endpoint] of triable)
    await fc.assert(
      fc.asyncProperty(requestsTo(endpoint), async (request) => {
        const answer = await cloud.call(endpoint.method, request.path, {
          token: cloud.admin,
          headers: request.headers,
          ...(request.body === undefined ? {} : { raw: request.body }),
        });
        const complaint = complaintAbout(answer);
        if (complaint !== undefined) throw new Error(`${name}: ${complaint}`);
      }),
      { numRuns: runs, ...(seed === undefined ? {} : { seed }), endOnFailure: true },
    );
};
