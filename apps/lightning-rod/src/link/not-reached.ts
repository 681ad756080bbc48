// A connection that did not come about, in words of ours: what is between a board and its cloud is somebody else's, and its owner
// wants to know which part.
import { fail } from "@s4t/contract";
import { isWampError, wampErrors } from "@s4t/wamp";

/** How far it came: what a next step depends on. */
export type ReachStep = "unknown-name" | "refused" | "silent" | "no-way" | "cut" | "name" | "other";

/** Codes of Node for a certificate of an authority that is not trusted. */
const untrusted: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "INVALID_CA",
  "INVALID_PURPOSE",
]);
/** Codes of Node for a certificate that is not valid at this moment. */
const untimely: ReadonlySet<string> = new Set(["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED"]);

const reasons: Readonly<Record<string, readonly [ReachStep, string]>> = {
  ENOTFOUND: ["unknown-name", "its name is not known here"],
  EAI_AGAIN: ["unknown-name", "its name cannot be looked up now"],
  ECONNREFUSED: ["refused", "nothing listens there"],
  ETIMEDOUT: ["silent", "there was no answer"],
  EHOSTUNREACH: ["no-way", "there is no way there"],
  ENETUNREACH: ["no-way", "there is no way there"],
  ENETDOWN: ["no-way", "the network is down"],
  ECONNRESET: ["cut", "the connection was cut"],
  EPIPE: ["cut", "the connection was cut"],
  ERR_TLS_CERT_ALTNAME_INVALID: ["name", "its certificate is for other names"],
};

const codeOf = (error: unknown): string =>
  String((error as NodeJS.ErrnoException | undefined)?.code ?? "");

/** Turns a failure of connecting into an error of the table; any other is handed back. */
export const notReached = (error: unknown, url: string): unknown => {
  const away = (step: ReachStep, because: string) =>
    fail("cloud.unreachable", { url, because, step }, error);
  if (isWampError(error, wampErrors.timeout)) return away("silent", "there was no answer");
  if (!isWampError(error, wampErrors.networkFailure)) return error;
  const code = codeOf(error.cause);
  const isTls = error.details?.because === "tls";
  if (isTls && untrusted.has(code)) return fail("agent.wrong-cloud", { url }, error);
  if (isTls && untimely.has(code))
    return fail("agent.wrong-clock", { url, now: new Date().toISOString() }, error);
  const [step, because] = reasons[code] ?? [];
  if (step !== undefined && because !== undefined) return away(step, because);
  if (isTls) return away("other", "what answers there does not speak TLS as we do");
  return away("other", error.message.replace(/\.$/, ""));
};
