// What a board may do on the link, and nothing else: call what the cloud offers it, and offer what is under its own name.
import { boardPrefix, cloudProcedures, cloudUri } from "@s4t/contract";
import type { SessionInfo } from "@s4t/wamp";
import { BOARD_ROLE } from "./join.ts";

/** The procedures that a board may call. */
const allowedCalls: ReadonlySet<string> = new Set(Object.values(cloudProcedures).map(cloudUri));

/** Whether a session may. The cloud's own may everything, one that only enrolled nothing. */
export const isAllowed = (
  { authrole, principalExtra }: SessionInfo,
  action: string,
  uri: string,
  options: Readonly<Record<string, unknown>>,
): boolean => {
  if (authrole === "cloud") return true;
  if (authrole !== BOARD_ROLE) return false;
  if (action === "call") return allowedCalls.has(uri);
  return (
    action === "register" &&
    options.match === "prefix" &&
    uri === boardPrefix(String(principalExtra.board))
  );
};
