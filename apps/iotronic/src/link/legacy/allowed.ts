// What a session in the original's realm may do. Nobody there has proved anything: a stranger may register with a code and connect as
// a board; a board may answer under the URIs of its own session and id, say that it is alive, and tell how its own work ended.
import type { SessionInfo } from "@s4t/wamp";
import { cloudVerbs, isOwnMethod } from "./words.ts";

/** Whom a session is bound to; undefined before it has connected as a board. */
export type BoundTo = (session: number) => { readonly uuid: string } | undefined;

const ofStrangers: ReadonlySet<string> = new Set([cloudVerbs.register, cloudVerbs.connection]);
const ofBoards: ReadonlySet<string> = new Set([
  ...[cloudVerbs.connection, cloudVerbs.wampAlive, cloudVerbs.alive, cloudVerbs.echo],
  cloudVerbs.notifyResult,
]);

/** Whether a session may. Ours may everything. */
export const isAllowed = (
  { id, authrole }: SessionInfo,
  action: string,
  uri: string,
  { match, invoke }: Readonly<Record<string, unknown>>,
  boundTo: BoundTo,
): boolean => {
  if (authrole === "cloud") return true;
  const board = boundTo(id);
  if (action === "call") return (board ? ofBoards : ofStrangers).has(uri);
  return (
    action === "register" &&
    board !== undefined &&
    (match === undefined || match === "exact") &&
    (invoke === undefined || invoke === "single") &&
    isOwnMethod(uri, id, board.uuid)
  );
};
