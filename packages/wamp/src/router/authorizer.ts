// Who may do what, asked for every request before the router acts. Synchronous: whatever a decision needs is looked up when
// the session joins and carried in its principal.
import type { Dict } from "../messages/message.ts";
import type { SessionInfo } from "./session-info.ts";

/** What a session asks for. */
export type Action = "call" | "register" | "publish" | "subscribe";

/** Decides one request. For `register` and `subscribe` with `match: "prefix"` the `uri` is the prefix. */
export type Authorizer = (
  session: SessionInfo,
  action: Action,
  uri: string,
  options: Dict,
) => "allow" | "deny";
