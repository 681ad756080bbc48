// Which of the 59 a request is about. Paths come with and without a slash at the end, with and without `/v1` in front.
import type { V1Row } from "./row.ts";

/** First segments that are taken for the original's, also without `/v1` in front. */
export const nouns = [
  "boards",
  "plugins",
  "services",
  "fleets",
  "webservices",
  "enabledwebservices",
  "ports",
  "requests",
] as const;

/** Whether a path, as sent, belongs to this edge. */
export const isV1 = (path: string): boolean => {
  const first = (path.split("/", 2)[1] ?? "").replace(/\.json$/, "");
  return first === "v1" || (nouns as readonly string[]).includes(first);
};

/** `/boards/` → `/v1/boards`. Undefined where a segment cannot be decoded. */
export const pathOf = (sent: string): readonly string[] | undefined => {
  const segments = sent.split("/").filter((segment) => segment !== "");
  const [first = ""] = segments;
  const whole = first === "v1" || first === "v1.json" ? segments : ["v1", ...segments];
  try {
    return whole.map((segment) => decodeURIComponent(segment));
  } catch {
    return undefined;
  }
};

interface Compiled {
  readonly row: V1Row;
  readonly segments: readonly string[];
  readonly literals: number;
}

export interface Matched {
  readonly row: V1Row;
  readonly params: Readonly<Record<string, string>>;
}

export interface Router {
  /** The row, or the methods that the path has, or nothing. */
  find(method: string, path: readonly string[]): Matched | readonly string[];
}

const isParam = (segment: string): boolean => segment.startsWith("{");

const paramsOf = (
  { segments }: Compiled,
  path: readonly string[],
): Record<string, string> | undefined => {
  if (segments.length !== path.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, segment] of segments.entries()) {
    const given = path[at] ?? "";
    if (isParam(segment)) params[segment.slice(1, -1)] = given;
    else if (segment !== given && !(at === path.length - 1 && `${segment}.json` === given))
      return undefined;
  }
  return params;
};

/** Makes it. Of two that fit, the one with more words of its own is meant: `/plugins/public` is no plugin. */
export const createRouter = (rows: readonly V1Row[]): Router => {
  const compiled: Compiled[] = rows
    .map((row) => {
      const segments = row.path.split("/").filter((segment) => segment !== "");
      return { row, segments, literals: segments.filter((each) => !isParam(each)).length };
    })
    .sort((a, b) => b.literals - a.literals);
  return {
    find(method, path) {
      const methods = new Set<string>();
      for (const each of compiled) {
        const params = paramsOf(each, path);
        if (!params) continue;
        if (each.row.method === method) return { row: each.row, params };
        methods.add(each.row.method);
      }
      return [...methods];
    },
  };
};
