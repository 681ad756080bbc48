// The client's options in the protocol's words.
import type { Dict } from "../messages/message.ts";
import type {
  Caller,
  CallOptions,
  PublishOptions,
  RegisterOptions,
  SubscribeOptions,
} from "./client-session.ts";

const without = (options: Dict): Dict =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** Options of CALL. */
export const callOptionsOf = ({ timeoutMs, discloseMe, onProgress, more }: CallOptions): Dict => ({
  // WAMP reads 0 as "no timeout": less than a millisecond of patience is one.
  ...(timeoutMs === undefined ? {} : { timeout: Math.max(1, Math.ceil(timeoutMs)) }),
  ...(discloseMe ? { disclose_me: true } : {}),
  ...(onProgress ? { receive_progress: true } : {}),
  ...(more ? { progress: true } : {}),
});

/** Options of REGISTER. */
export const registerOptionsOf = ({ match, invoke, discloseCaller }: RegisterOptions): Dict => ({
  ...(match === undefined || match === "exact" ? {} : { match }),
  ...(invoke === undefined || invoke === "single" ? {} : { invoke }),
  ...(discloseCaller ? { disclose_caller: true } : {}),
});

/** Options of SUBSCRIBE. */
export const subscribeOptionsOf = ({ match, getRetained }: SubscribeOptions): Dict => ({
  ...(match === undefined || match === "exact" ? {} : { match }),
  ...(getRetained ? { get_retained: true } : {}),
});

/** Options of PUBLISH. */
export const publishOptionsOf = (options: PublishOptions): Dict =>
  without({
    acknowledge: (options.acknowledge ?? true) || undefined,
    exclude_me: (options.excludeMe ?? true) ? undefined : false,
    disclose_me: options.discloseMe || undefined,
    retain: options.retain || undefined,
    exclude: options.exclude,
    exclude_authid: options.excludeAuthids,
    exclude_authrole: options.excludeAuthroles,
    eligible: options.eligible,
    eligible_authid: options.eligibleAuthids,
    eligible_authrole: options.eligibleAuthroles,
  });

/** How far the router trusts what the details belong to. */
export const trustLevelIn = ({ trustlevel }: Dict): number | undefined =>
  typeof trustlevel === "number" ? trustlevel : undefined;

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;

/** Who is disclosed under `name` (`caller` or `publisher`) in the details of a message. */
export const disclosedIn = (details: Dict, name: "caller" | "publisher"): Caller | undefined => {
  const session = details[name];
  if (typeof session !== "number") return undefined;
  return {
    session,
    authid: textOf(details[`${name}_authid`]),
    authrole: textOf(details[`${name}_authrole`]),
  };
};
