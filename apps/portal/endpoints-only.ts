// A build step: of the contract, pages need of each endpoint how it is asked (method, path, scope, action, whether it has a body),
// and of the schemas only the few that they check by. Schemas and sentences of the others would be a quarter of the first load.
// Here they are cut out of the endpoints, and what then nobody uses is known to have no effect, so that it is left out.
import type { Plugin } from "vite";

/** Members of an endpoint that a client does not read; a body is reduced to whether there is one. */
const unread = new Set(["params", "query", "reply", "example", "summary", "status"]);

/** The part of a syntax tree that is looked at. */
interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}
interface Change {
  readonly at: number;
  readonly until: number;
  readonly text: string;
}

const isSyntax = (value: unknown): value is Syntax =>
  typeof value === "object" && value !== null && typeof (value as Syntax).type === "string";
const partsOf = (node: Syntax): Syntax[] =>
  Object.values(node).flatMap((value) =>
    (Array.isArray(value) ? value : [value]).filter((part) => isSyntax(part)),
  );

const nameOf = (node: unknown): unknown => isSyntax(node) && (node.name ?? node.value);

/** The object that an endpoint is declared by, without what is not read. */
const shortened = (code: string, declared: Syntax): string => {
  const kept: string[] = [];
  for (const member of declared.properties as readonly Syntax[]) {
    const name = isSyntax(member.key) ? nameOf(member.key) : undefined;
    if (name === "body") kept.push("body: true");
    else if (!unread.has(String(name))) kept.push(code.slice(member.start, member.end));
  }
  return `{ ${kept.join(", ")} }`;
};

/** `loaded`: it is called while the module is loaded. The contract is data: such a call has no effect but its answer. */
const changesIn = (code: string, node: Syntax, loaded = true): Change[] => {
  const inner = () =>
    partsOf(node).flatMap((part) =>
      changesIn(code, part, loaded && !/Function|Class/.test(node.type)),
    );
  if (node.type !== "CallExpression") return inner();
  const pure = loaded ? [{ at: node.start, until: node.start, text: "/* @__PURE__ */ " }] : [];
  const [declared] = node.arguments as readonly Syntax[];
  if (nameOf(node.callee) !== "endpoint" || declared?.type !== "ObjectExpression")
    return [...pure, ...inner()];
  const { start: at, end: until } = declared;
  return [...pure, { at, until, text: shortened(code, declared) }];
};

const applied = (code: string, changes: readonly Change[]): string =>
  [...changes]
    .sort((a, b) => b.at - a.at)
    .reduce(
      (text, { at, until, text: other }) => text.slice(0, at) + other + text.slice(until),
      code,
    );

export const endpointsOnly = (): Plugin => ({
  name: "endpoints-only",
  apply: "build",
  transform(code, id) {
    if (!/\/packages\/contract\/src\/.*\.ts$/.test(id)) return null;
    const tree = this.parse(code) as unknown as Syntax;
    return { code: applied(code, changesIn(code, tree)), moduleSideEffects: false, map: null };
  },
});
