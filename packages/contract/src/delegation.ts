// Delegations as statements: who lets whom do what on which board until when. Each is bound to the one that it rests on by that
// one's hash, so that whoever has a chain can check it without asking anybody: docs/adr/0021.
import { canonicalJson, parseJson } from "@s4t/kit";
import type { Static } from "typebox";
import * as Type from "typebox";
import { Check } from "typebox/value";
import { Uuid } from "./ids.ts";

/** What may be delegated: what is about one board and nothing else of its project. */
export const delegableActions = [
  "board.show",
  "board.info",
  "board.ping",
  "board.restart",
  "board.reboot",
  "board.target",
  "board.timeline",
  "observation.read",
  "injection.list",
  "injection.lines",
  "injection.call",
  "injection.start",
  "injection.stop",
  "injection.restart",
  "connection.list",
  "stream.forward",
  "stream.shell",
  "stream.files",
] as const;
export type DelegableAction = (typeof delegableActions)[number];

/** Longest chain below the owner's own delegation: people lose sight of longer ones. */
export const MAX_DELEGATION_DEPTH = 4;

export const DelegableAction = Type.Enum([...delegableActions]);

const strict = { additionalProperties: false } as const;

/** One step, as it is hashed: this object in canonical JSON (RFC 8785). Moments are ms since 1970 UTC. */
export const DelegationStatement = Type.Object(
  {
    v: Type.Literal(1),
    uuid: Uuid("Id"),
    board: Uuid("Board"),
    project: Uuid("Project of the board"),
    issuer: Type.Object(
      { uuid: Uuid("User"), project: Type.Union([Uuid("For which project"), Type.Null()]) },
      strict,
    ),
    subject: Type.Object({ kind: Type.Enum(["user", "project"]), uuid: Uuid("Who") }, strict),
    actions: Type.Array(DelegableAction, { minItems: 1, uniqueItems: true }),
    at: Type.Integer({ minimum: 0 }),
    until: Type.Integer({ minimum: 0 }),
    depth: Type.Integer({ minimum: 0, maximum: MAX_DELEGATION_DEPTH }),
    parent: Type.Union([Type.String({ pattern: "^[0-9a-f]{64}$" }), Type.Null()]),
  },
  strict,
);
export type DelegationStatement = Static<typeof DelegationStatement>;

const read = (text: string): DelegationStatement | undefined => {
  try {
    const said = parseJson(text);
    return Check(DelegationStatement, said) && canonicalJson(said) === text ? said : undefined;
  } catch {
    return undefined; // no JSON
  }
};

/** Whether a step may follow another: the same board, by its subject, in nothing wider. */
const follows = (next: DelegationStatement, before: DelegationStatement): boolean =>
  next.board === before.board &&
  next.project === before.project &&
  (before.subject.kind === "user"
    ? next.issuer.uuid === before.subject.uuid && next.issuer.project === null
    : next.issuer.project === before.subject.uuid) &&
  next.actions.every((action) => before.actions.includes(action)) &&
  next.until <= before.until &&
  next.at >= before.at &&
  next.depth < before.depth;

/**
 * The last statement of a chain, where the chain holds: `texts` from the owner's on, `hash` SHA-256 in hex, `now` ms.
 * Undefined where a text was altered, a step is wider than the one before, or one is over.
 */
export const checkDelegation = (
  texts: readonly string[],
  hash: (text: string) => string,
  now: number,
): DelegationStatement | undefined => {
  let before: { readonly said: DelegationStatement; readonly text: string } | undefined;
  for (const text of texts) {
    const said = read(text);
    if (!said || said.until <= now || said.parent !== (before ? hash(before.text) : null))
      return undefined;
    if (before ? !follows(said, before.said) : said.issuer.project !== said.project)
      return undefined;
    before = { said, text };
  }
  return before?.said;
};
