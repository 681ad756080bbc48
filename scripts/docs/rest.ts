import { endpoints } from "@s4t/contract";
import { policyTable } from "../../apps/iotronic/src/policy/index.ts";
import { table } from "./table.ts";

const whoMay = (action: string): string => {
  if (action === "public") return "everyone";
  const row = (policyTable as Readonly<Record<string, { allow: string | readonly string[] }>>)[
    action
  ];
  if (!row) return "nobody";
  if (row.allow === "anyone") return "whoever is signed in";
  return typeof row.allow === "string" ? row.allow : [...row.allow, "admin"].join(", ");
};

/** docs/reference/rest.md */
export const restPage = (): string => {
  const nouns = Map.groupBy(endpoints, ([name]) => name.split(".")[0] ?? "");
  return [
    "# REST",
    "",
    "Bearer token in `Authorization`, or the portal's session cookie. The header `s4t-project` names the project (id or name, `all` for every project that you reach). Lists answer `{items, next}`; give `next` back as `after`. A resource's `rev` is its ETag: send it as `If-Match` and a change made meanwhile is refused (`request.stale`). The machine-readable form is `/api/openapi.json`, its page `/api/docs`.",
    ...[...nouns].flatMap(([noun, list]) => [
      "",
      `## ${noun}`,
      "",
      table(
        ["endpoint", "what it does", "action", "who may"],
        list.map(([, endpoint]) => [
          `\`${endpoint.method} ${endpoint.path}\``,
          endpoint.summary,
          `\`${endpoint.action}\``,
          whoMay(endpoint.action),
        ]),
      ),
    ]),
  ].join("\n");
};
