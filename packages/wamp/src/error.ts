// Failure in WAMP's own words: a URI, arguments, keyword arguments. What a URI means to people is told elsewhere.
import { S4tError } from "@s4t/kit";
import type { Dict, Payload } from "./messages/message.ts";

/** The URIs that the WAMP specification reserves for reasons of ERROR, ABORT and GOODBYE. */
export const wampErrors = {
  invalidUri: "wamp.error.invalid_uri",
  invalidArgument: "wamp.error.invalid_argument",
  noSuchProcedure: "wamp.error.no_such_procedure",
  procedureAlreadyExists: "wamp.error.procedure_already_exists",
  differentInvocationPolicy: "wamp.error.procedure_exists_with_different_invocation_policy",
  noSuchSession: "wamp.error.no_such_session",
  noSuchRegistration: "wamp.error.no_such_registration",
  noSuchSubscription: "wamp.error.no_such_subscription",
  noSuchRealm: "wamp.error.no_such_realm",
  noSuchPrincipal: "wamp.error.no_such_principal",
  notAuthorized: "wamp.error.not_authorized",
  authorizationFailed: "wamp.error.authorization_failed",
  authenticationFailed: "wamp.error.authentication_failed",
  authenticationDenied: "wamp.error.authentication_denied",
  noMatchingAuthMethod: "wamp.error.no_matching_auth_method",
  protocolViolation: "wamp.error.protocol_violation",
  optionNotAllowed: "wamp.error.option_not_allowed",
  canceled: "wamp.error.canceled",
  timeout: "wamp.error.timeout",
  unavailable: "wamp.error.unavailable",
  featureNotSupported: "wamp.error.feature_not_supported",
  historyUnavailable: "wamp.error.history_unavailable",
  networkFailure: "wamp.error.network_failure",
  runtimeError: "wamp.error.runtime_error",
  systemShutdown: "wamp.close.system_shutdown",
  closeRealm: "wamp.close.close_realm",
  killed: "wamp.close.killed",
  normal: "wamp.close.normal",
  goodbyeAndOut: "wamp.close.goodbye_and_out",
} as const;

/** What a {@link WampError} carries besides its URI and sentence. */
export interface WampErrorOptions extends Payload {
  readonly details?: Dict;
  readonly cause?: unknown;
}

/**
 * A WAMP ERROR, ABORT or GOODBYE as an exception: thrown to callers, and by handlers to answer with one.
 *
 * @example
 * throw new WampError("com.example.too_hot", "The oven is too hot.", { kwargs: { celsius: 260 } });
 */
export class WampError extends S4tError<string, Dict> {
  readonly args: readonly unknown[] | undefined;
  readonly kwargs: Dict | undefined;

  constructor(uri: string, message: string, options: WampErrorOptions = {}) {
    super(uri, message, {
      ...(options.details ? { details: options.details } : {}),
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    });
    this.args = options.args;
    this.kwargs = options.kwargs;
  }

  /** The error URI; the same text as `code`. */
  get uri(): string {
    return this.code;
  }
}

/** Whether `error` is a {@link WampError}, of the given URI where one is given. */
export const isWampError = (error: unknown, uri?: string): error is WampError =>
  error instanceof WampError && (uri === undefined || error.uri === uri);

/** The exception for an ERROR, ABORT or GOODBYE that came in; its sentence is the first argument, as peers write it. */
export const toWampError = (uri: string, payload: Payload, details?: Dict): WampError => {
  const first = payload.args?.[0];
  const told = typeof first === "string" ? first : details?.message;
  return new WampError(uri, typeof told === "string" ? told : `The peer answered ${uri}.`, {
    args: payload.args,
    kwargs: payload.kwargs,
    ...(details ? { details } : {}),
  });
};
