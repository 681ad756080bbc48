// Calls within one realm. Every method is one router turn: synchronous, never waiting; a timeout is a turn of its own.
//
//   caller ──CALL──▶ dealer ──INVOCATION──▶ callee
//   caller ◀─RESULT── dealer ◀───YIELD───── callee
//   caller ◀─ERROR─── dealer ◀───ERROR───── callee
//
// How a call ends early (WAMP: Call Canceling, Call Timeouts):
//   CANCEL skip          caller gets ERROR canceled at once, the callee is not told, its answer is dropped; where it waits for
//                        more parts of the arguments it is told, as by killnowait: none will come
//   CANCEL killnowait    as skip, and the callee gets INTERRUPT (the default)
//   CANCEL kill          the callee gets INTERRUPT, the caller waits for what it answers
//   timeout              as killnowait, with ERROR timeout
//   caller leaves        the callee gets INTERRUPT, its answer is dropped
//   callee leaves        the caller gets ERROR canceled
// A caller that says `receive_progress` may get RESULTs before the last one (WAMP: Progressive Call Results).
// A callee that does not announce `call_canceling` gets no INTERRUPT; `kill` is then `skip`.
// Arguments may come in parts (`call-parts.ts`): CALLs with the id of one that is pending. A CALL with an id that is over crossed its
// end on the way, and is ignored, if its caller is one that sends parts.
import type { Clock, Timer } from "@s4t/kit";
import { wampErrors } from "../error.ts";
import type { Call, Cancel, Dict, ErrorMessage, Yield } from "../messages/message.ts";
import { forwarded, noDetails, opened } from "../messages/payload.ts";
import { MAX_BUFFERED_BYTES } from "../transport.ts";
import { type Admission, isAbsent } from "./admission.ts";
import { type CallParts, MAX_WAITING_FOR_PARTS, openParts, takePart } from "./call-parts.ts";
import { Few } from "./few.ts";
import { type Member, type Refusal, sendRefusal, type Violation } from "./member.ts";
import type { MetaProcedure, MetaProcedures } from "./meta-api.ts";
import type { Pace } from "./pace.ts";
import type { Offer, RegistrationRecord, Registrations } from "./registrations.ts";
import type { TrustPolicy } from "./trust-levels.ts";

/** The longest timeout that a call may ask for; beyond a day work is an operation with an id, not a call. */
export const MAX_CALL_TIMEOUT_MS = 86_400_000;

interface PendingCall {
  readonly caller: Member;
  /** The caller's request id. */
  readonly request: number;
  readonly callee: Member;
  /** The callee's request id. */
  readonly invocation: number;
  /** Whether RESULTs may come before the last one. */
  readonly progressive: boolean;
  /** Where its arguments come in parts. */
  readonly parts: CallParts | undefined;
  timer: Timer | undefined;
  /** The callee was told by `kill`, and is told no second time. */
  isKilled: boolean;
}

interface Desk {
  /** As caller: request id → call. */
  readonly calls: Few<PendingCall>;
  /** As callee: invocation id → call. */
  readonly invocations: Few<PendingCall>;
  /** Ids of the session scope count up from 1. */
  lastInvocation: number;
  /** The greatest request id of a CALL so far. */
  lastCall: number;
}

/** What a {@link Dealer} leans on. */
export interface DealerDependencies {
  readonly admit: Admission;
  readonly pace: Pace;
  readonly registrations: Registrations;
  readonly clock: Clock;
  /** Answers the procedures of the router's own; absent where it has none. */
  readonly meta?: MetaProcedures;
  /** Absent where calls have no level. */
  readonly trust?: TrustPolicy;
}

/** The dealer of a realm. */
export class Dealer {
  readonly #deps: DealerDependencies;
  /** Member → its calls and invocations; there from its first to its leaving. */
  readonly #desks = new Map<Member, Desk>();

  constructor(deps: DealerDependencies) {
    this.#deps = deps;
  }

  call(caller: Member, message: Call): Violation {
    const { request, procedure, options } = message;
    const desk = this.#deskOf(caller);
    const before = desk.calls.get(request);
    if (before) return this.#goOn(before, message);
    if (request > desk.lastCall) desk.lastCall = request;
    else if (caller.callerProgresses) return undefined;
    const isInParts = options.progress === true;
    if (isInParts && !caller.callerProgresses)
      return "CALL: progressive_call_invocations was not announced.";
    const refusal =
      this.#deps.admit(caller, "call", procedure, options) ?? refuseCall(caller, desk, options);
    if (refusal) return sendRefusal(caller, "call", request, refusal);
    const meta = this.#deps.meta?.find(procedure);
    if (meta && isInParts) return sendRefusal(caller, "call", request, noParts);
    if (meta) return answerMeta(caller, message, meta);
    const record = this.#deps.registrations.find(procedure);
    if (!record)
      return sendRefusal(caller, "call", request, {
        uri: wampErrors.noSuchProcedure,
        message: "Nobody offers this procedure.",
      });
    let offer: Offer | undefined = this.#deps.registrations.choose(record);
    if (!this.#isFree(offer.callee))
      offer = this.#deps.registrations.chooseOther(record, (one) => this.#isFree(one));
    if (!offer)
      return sendRefusal(caller, "call", request, {
        uri: wampErrors.unavailable,
        message: "The callee has too many calls to answer already.",
      });
    const { callee } = offer;
    if (isInParts && !callee.calleeProgresses) return sendRefusal(caller, "call", request, noParts);
    const calleeDesk = this.#deskOf(callee);
    calleeDesk.lastInvocation += 1;
    const trust = this.#deps.trust?.(caller.info, "call", procedure);
    const details = detailsOf(caller, record, offer, message, trust);
    const parts = isInParts ? openParts(message, record.id, details) : undefined;
    const pending: PendingCall = {
      caller,
      request,
      callee,
      invocation: calleeDesk.lastInvocation,
      progressive: options.receive_progress === true,
      parts,
      timer: undefined,
      isKilled: false,
    };
    const timeoutMs = options.timeout as number | undefined;
    if (timeoutMs) {
      pending.timer = this.#deps.clock.after(timeoutMs, () => this.#onTimeout(pending));
    }
    desk.calls.set(request, pending);
    calleeDesk.invocations.set(pending.invocation, pending);
    callee.send({
      kind: "invocation",
      request: pending.invocation,
      registration: record.id,
      details: parts ? parts.details : details,
      ...forwarded(message),
    });
    return undefined;
  }

  cancel(caller: Member, { request, options }: Cancel): Violation {
    const mode = options.mode ?? "killnowait";
    if (mode !== "skip" && mode !== "kill" && mode !== "killnowait")
      return "CANCEL: the mode is none of skip, kill, killnowait.";
    const pending = this.#desks.get(caller)?.calls.get(request);
    // The answer crossed the CANCEL on its way.
    if (!pending) return undefined;
    const { parts } = pending;
    if (mode === "kill" && pending.callee.calleeCancels) {
      if (pending.isKilled) return undefined;
      pending.isKilled = true;
      interrupt(pending, "kill", wampErrors.canceled);
      return undefined;
    }
    this.#forget(pending);
    if (mode !== "skip" || parts?.isWhole === false)
      interrupt(pending, "killnowait", wampErrors.canceled);
    sendRefusal(caller, "call", request, {
      uri: wampErrors.canceled,
      message: "The call was canceled.",
    });
    return undefined;
  }

  yield(callee: Member, message: Yield): Violation {
    const { request, options } = message;
    const isProgress = options.progress === true;
    const pending = this.#find(callee, request);
    if (typeof pending !== "object") return pending;
    if (isProgress && !pending.progressive) return "YIELD: progressive results were not asked for.";
    if (!isProgress) this.#forget(pending);
    else if (this.#cuts(pending, callee, pending.caller, MAX_BUFFERED_BYTES)) return undefined;
    pending.caller.send({
      kind: "result",
      request: pending.request,
      details: isProgress ? inProgress : noDetails,
      ...forwarded(message),
    });
    return undefined;
  }

  error(callee: Member, message: ErrorMessage): Violation {
    if (message.requestKind !== "invocation")
      return "ERROR: only invocations can fail at a client.";
    const pending = this.#find(callee, message.request);
    if (typeof pending !== "object") return pending;
    this.#forget(pending);
    pending.caller.send({
      kind: "error",
      requestKind: "call",
      request: pending.request,
      details: {},
      error: message.error,
      ...forwarded(message),
    });
    return undefined;
  }

  /** Ends all that a session that left had to do with. */
  remove(member: Member): void {
    const desk = this.#desks.get(member);
    if (!desk) return;
    this.#desks.delete(member);
    for (const pending of desk.calls.values()) {
      pending.timer?.cancel();
      this.#desks.get(pending.callee)?.invocations.delete(pending.invocation);
      if (pending.callee !== member) interrupt(pending, "killnowait", wampErrors.canceled);
    }
    for (const pending of desk.invocations.values()) {
      if (pending.caller === member) continue;
      this.#forget(pending);
      sendRefusal(pending.caller, "call", pending.request, {
        uri: wampErrors.canceled,
        message: "The callee left before it answered.",
      });
    }
  }

  /** How much is held. Calls and invocations are two sides of the same, and always equal. */
  counts(): { readonly calls: number; readonly invocations: number } {
    let calls = 0;
    let invocations = 0;
    for (const desk of this.#desks.values()) {
      calls += desk.calls.size;
      invocations += desk.invocations.size;
    }
    return { calls, invocations };
  }

  #deskOf(member: Member): Desk {
    let desk = this.#desks.get(member);
    if (!desk) {
      desk = { calls: new Few(), invocations: new Few(), lastInvocation: 0, lastCall: 0 };
      this.#desks.set(member, desk);
    }
    return desk;
  }

  #isFree(callee: Member): boolean {
    return this.#deskOf(callee).invocations.size < callee.limits.pendingInvocations;
  }

  /** The call behind an invocation; undefined when it ended early; a violation when it never was. */
  #find(callee: Member, invocation: number): PendingCall | Violation {
    const desk = this.#desks.get(callee);
    if (invocation > (desk?.lastInvocation ?? 0)) return `Invocation ${invocation} never was.`;
    return desk?.invocations.get(invocation);
  }

  #forget(pending: PendingCall): void {
    pending.timer?.cancel();
    this.#desks.get(pending.caller)?.calls.delete(pending.request);
    this.#desks.get(pending.callee)?.invocations.delete(pending.invocation);
  }

  /** Hands the next part on, or ends the call: with a part left out its arguments would be others. */
  #goOn(pending: PendingCall, message: Call): Violation {
    const { caller, callee, parts, request } = pending;
    if (!parts) return `CALL ${request} is already pending.`;
    const wrong = takePart(parts, message);
    // A callee that was told to stop gets no more.
    if (wrong !== undefined || pending.isKilled) return wrong;
    if (this.#cuts(pending, caller, callee, MAX_WAITING_FOR_PARTS)) return undefined;
    callee.send({
      kind: "invocation",
      request: pending.invocation,
      registration: parts.registration,
      details: parts.isWhole ? parts.lastDetails : parts.details,
      ...forwarded(message),
    });
    return undefined;
  }

  /** Whether it ends the call, since one end sends more than its pace, or than the other reads. */
  #cuts(pending: PendingCall, from: Member, to: Member, mostWaiting: number): boolean {
    const because = !this.#deps.pace.takes(from)
      ? "Too many, too fast."
      : to.waitingBytes > mostWaiting
        ? `The ${to === pending.callee ? "callee" : "caller"} reads too slowly for so many parts.`
        : undefined;
    if (because === undefined) return false;
    this.#forget(pending);
    interrupt(pending, "killnowait", wampErrors.canceled);
    const refusal = { uri: wampErrors.unavailable, message: because };
    sendRefusal(pending.caller, "call", pending.request, refusal);
    return true;
  }

  #onTimeout(pending: PendingCall): void {
    this.#forget(pending);
    interrupt(pending, "killnowait", wampErrors.timeout);
    sendRefusal(pending.caller, "call", pending.request, {
      uri: wampErrors.timeout,
      message: "The callee did not answer in time.",
    });
  }
}

const answerMeta = (caller: Member, message: Call, meta: MetaProcedure): Violation => {
  const { request } = message;
  const answer = meta(opened(message), caller);
  if ("uri" in answer) return sendRefusal(caller, "call", request, answer);
  caller.send({ kind: "result", request, details: noDetails, ...answer });
  return undefined;
};

const refuseCall = (caller: Member, desk: Desk, options: Dict): Refusal | undefined => {
  const { timeout } = options;
  if (
    !isAbsent(timeout) &&
    !(Number.isInteger(timeout) && Number(timeout) >= 0 && Number(timeout) <= MAX_CALL_TIMEOUT_MS)
  )
    return {
      uri: wampErrors.invalidArgument,
      message: `A timeout is a whole number of milliseconds up to ${MAX_CALL_TIMEOUT_MS}.`,
    };
  if (desk.calls.size >= caller.limits.pendingCalls)
    return {
      uri: wampErrors.unavailable,
      message: `No more than ${caller.limits.pendingCalls} calls at once.`,
    };
  return undefined;
};

const inProgress: Dict = Object.freeze({ progress: true });

const noParts: Refusal = {
  uri: wampErrors.featureNotSupported,
  message: "The callee does not take arguments in parts.",
};

const detailsOf = (
  caller: Member,
  record: RegistrationRecord,
  offer: Offer,
  { procedure, options }: Call,
  trust: number | undefined,
): Dict => {
  const progressive = options.receive_progress === true;
  const isExact = record.match === "exact";
  const discloses = offer.disclosesCaller || options.disclose_me === true;
  const timesOut = options.timeout && offer.callee.calleeTimesOut;
  if (isExact && !discloses && !timesOut && !progressive && trust === undefined) return noDetails;
  return {
    ...(isExact ? {} : { procedure }),
    ...(discloses
      ? {
          caller: caller.info.id,
          caller_authid: caller.info.authid,
          caller_authrole: caller.info.authrole,
        }
      : {}),
    ...(timesOut ? { timeout: options.timeout } : {}),
    ...(progressive ? { receive_progress: true } : {}),
    ...(trust === undefined ? {} : { trustlevel: trust }),
  };
};

const interrupt = (pending: PendingCall, mode: "kill" | "killnowait", reason: string): void => {
  if (!pending.callee.calleeCancels) return;
  pending.callee.send({
    kind: "interrupt",
    request: pending.invocation,
    options: { mode, reason },
  });
};
