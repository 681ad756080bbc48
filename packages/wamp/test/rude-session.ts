import { wampErrors } from "../src/error.ts";
import type { Call, Dict, Message } from "../src/messages/message.ts";
import type { Within } from "./rude-frames.ts";

/** What has to follow a frame. */
export type Expected =
  | { readonly so: "stays"; readonly answer?: { kind: Message["kind"]; request: number } }
  | { readonly so: "may end" }
  | { readonly so: "ends"; readonly with: string | undefined; readonly code: number };

export const violation: Expected = { so: "ends", with: wampErrors.protocolViolation, code: 1002 };
export const refused = (reason: string): Expected => ({ so: "ends", with: reason, code: 1008 });
export const stays: Expected = { so: "stays" };
export const dictOf = (value: unknown): Dict =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Dict) : {};

/** A call of the rude one that is not over; `open` and `whole` where its arguments come in parts. */
export interface KnownCall {
  readonly procedure: string;
  readonly parts: "none" | "open" | "whole";
}

/** What a rude session is known to be in: what it has said and was told. */
export class Known {
  isJoined = false;
  /** Whether it has announced that it sends arguments in parts. */
  sendsParts = false;
  lastCall = 0;
  lastInvocation = 0;
  readonly invocations = new Map<number, boolean>();
  readonly calls = new Map<number, KnownCall>();
  readonly ids: number[] = [];
  /** It gave a call up: an invocation of its own may be over without a word. */
  gaveUp = false;
  unused = 1;

  get open(): readonly number[] {
    return [...this.invocations.keys()];
  }
  get streams(): Within["streams"] {
    const open = [...this.calls].filter(([, { parts }]) => parts === "open");
    return open.map(([request, { procedure }]) => ({ request, procedure }));
  }

  hear(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.kind === "invocation") {
        this.lastInvocation = Math.max(this.lastInvocation, message.request);
        this.invocations.set(message.request, message.details.receive_progress === true);
        this.#learn(message.request);
      } else if (message.kind === "registered") this.#learn(message.registration);
      else if (message.kind === "subscribed") this.#learn(message.subscription);
      else if (message.kind === "result" && message.details.progress !== true)
        this.calls.delete(message.request);
      else if (message.kind === "error" && message.requestKind === "call")
        this.calls.delete(message.request);
      else if (message.kind === "welcome") this.isJoined = true;
    }
  }
  #learn(id: number): void {
    this.ids.push(id);
    if (this.ids.length > 12) this.ids.shift();
  }

  expect(message: Message): Expected {
    if (message.kind === "abort") return { so: "ends", with: undefined, code: 1000 };
    if (!this.isJoined) return this.#expectJoin(message);
    switch (message.kind) {
      case "goodbye":
        return { so: "ends", with: wampErrors.goodbyeAndOut, code: 1000 };
      case "call":
        return this.#expectCall(message);
      case "cancel": {
        const mode = message.options.mode ?? "killnowait";
        return ["skip", "kill", "killnowait"].includes(mode as string) ? stays : violation;
      }
      case "yield": {
        if (message.request > this.lastInvocation) return violation;
        const open = this.invocations.get(message.request);
        if (message.options.progress !== true || open !== false) return stays;
        return this.gaveUp ? { so: "may end" } : violation;
      }
      case "error":
        return message.requestKind !== "invocation" || message.request > this.lastInvocation
          ? violation
          : stays;
      case "publish":
        return message.options.acknowledge === true
          ? { so: "stays", answer: { kind: "published", request: message.request } }
          : stays;
      case "subscribe":
        return { so: "stays", answer: { kind: "subscribed", request: message.request } };
      case "register":
        return { so: "stays", answer: { kind: "registered", request: message.request } };
      case "unsubscribe":
        return { so: "stays", answer: { kind: "unsubscribed", request: message.request } };
      case "unregister":
        return { so: "stays", answer: { kind: "unregistered", request: message.request } };
      default:
        return violation;
    }
  }
  #expectCall({ request, procedure, options }: Call): Expected {
    const pending = this.calls.get(request);
    if (pending)
      return pending.parts === "open" && pending.procedure === procedure ? stays : violation;
    const isOver = this.sendsParts && request <= this.lastCall;
    return options.progress === true && !this.sendsParts && !isOver ? violation : stays;
  }
  #said(message: Call): void {
    const { request, procedure, options } = message;
    const goesOn = options.progress === true;
    const isNew = !this.sendsParts || request > this.lastCall;
    if (this.calls.has(request)) {
      if (!goesOn) this.calls.set(request, { procedure, parts: "whole" });
    } else if (isNew) this.calls.set(request, { procedure, parts: goesOn ? "open" : "none" });
    this.lastCall = Math.max(this.lastCall, request);
  }
  #expectJoin(message: Message): Expected {
    if (message.kind !== "hello") return violation;
    if (message.realm !== "realm") return refused(wampErrors.noSuchRealm);
    if (Object.keys(dictOf(message.details.roles)).length === 0) return violation;
    const { authmethods } = message.details;
    return Array.isArray(authmethods) && !authmethods.includes("anonymous")
      ? refused(wampErrors.noMatchingAuthMethod)
      : stays;
  }
  /** Takes to heart what was said, once it has had its effect. */
  said(message: Message, fresh: readonly Message[]): void {
    if (message.kind === "yield" && message.options.progress !== true)
      this.invocations.delete(message.request);
    if (message.kind === "error") this.invocations.delete(message.request);
    if (message.kind === "cancel") this.gaveUp = true;
    this.unused += 1;
    if (message.kind === "hello") {
      const { features } = dictOf(dictOf(message.details.roles).caller);
      this.sendsParts = dictOf(features).progressive_call_invocations === true;
    }
    if (message.kind === "call") {
      this.#said(message);
      this.#learn(message.request);
    }
    this.hear(fresh);
  }
}
