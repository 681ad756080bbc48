// The client as subscriber: which handlers hear which subscription of the router. Several here may share one, since a router has one
// for each session and pattern: it is given back only when nobody here follows it, and nobody is about to.
import { wampErrors } from "../error.ts";
import type { EventMessage } from "../messages/message.ts";
import type { EventHandler } from "./client-session.ts";
import { type ReportError, runHandler } from "./run-handler.ts";
import { disclosedIn, trustLevelIn } from "./wire-options.ts";

/** One handler, and what it follows. */
export interface Follower {
  readonly topic: string;
  /** The same for all that share a subscription of the router. */
  readonly pattern: string;
  readonly handler: EventHandler;
  readonly onRevoked: ((reason: string) => void) | undefined;
}

/** What {@link Followers} leans on. */
export interface FollowersDependencies {
  readonly report: ReportError;
  /** Sends UNSUBSCRIBE for what nobody waits for. */
  giveBack(subscription: number): void;
}

/** The subscriber's side of a session. */
export class Followers {
  readonly #deps: FollowersDependencies;
  /** Subscription id → who hears it. */
  readonly #following = new Map<number, Set<Follower>>();
  /** SUBSCRIBEs under way by request id: the first EVENT may come in the same breath as SUBSCRIBED. */
  readonly #underWay = new Map<number, { readonly follower: Follower; isGivenUp: boolean }>();
  /** Pattern → a subscription that nobody follows, but somebody may be about to. */
  readonly #idle = new Map<string, number>();

  constructor(deps: FollowersDependencies) {
    this.#deps = deps;
  }

  /** A SUBSCRIBE is about to be sent. */
  begin(request: number, follower: Follower): void {
    this.#underWay.set(request, { follower, isGivenUp: false });
  }

  /** Nobody waits for it any more. */
  giveUp(request: number): void {
    const one = this.#underWay.get(request);
    if (one) one.isGivenUp = true;
  }

  /** It is in place. */
  onSubscribed(request: number, subscription: number): void {
    const one = this.#underWay.get(request);
    if (!one) return;
    this.#underWay.delete(request);
    const { follower, isGivenUp } = one;
    if (!isGivenUp) {
      const followers = this.#following.get(subscription) ?? new Set();
      this.#following.set(subscription, followers.add(follower));
    }
    if (!this.#following.has(subscription)) this.#idle.set(follower.pattern, subscription);
    else if (this.#idle.get(follower.pattern) === subscription) this.#idle.delete(follower.pattern);
    this.#settle(follower.pattern);
  }

  /** It was refused. */
  onRefused(request: number): void {
    const one = this.#underWay.get(request);
    this.#underWay.delete(request);
    if (one) this.#settle(one.follower.pattern);
  }

  /** Takes one out; true: the router is to be told. */
  leave(subscription: number, follower: Follower): boolean {
    const followers = this.#following.get(subscription);
    if (!followers?.delete(follower) || followers.size > 0) return false;
    this.#following.delete(subscription);
    if (!this.#isAwaited(follower.pattern)) return true;
    this.#idle.set(follower.pattern, subscription);
    return false;
  }

  /** The router took it away. */
  revoke(subscription: number, reason: string = wampErrors.notAuthorized): void {
    const followers = [...(this.#following.get(subscription) ?? [])];
    this.#following.delete(subscription);
    for (const [pattern, id] of this.#idle) if (id === subscription) this.#idle.delete(pattern);
    for (const { onRevoked } of followers)
      if (onRevoked) runHandler(onRevoked, reason, this.#deps.report);
  }

  hear({ subscription, publication, details, args, kwargs }: EventMessage): void {
    for (const { topic, handler } of [...(this.#following.get(subscription) ?? [])])
      runHandler(
        handler,
        {
          topic: typeof details.topic === "string" ? details.topic : topic,
          publication,
          args: args ?? [],
          kwargs: kwargs ?? {},
          publisher: disclosedIn(details, "publisher"),
          trustLevel: trustLevelIn(details),
          retained: details.retained === true,
        },
        this.#deps.report,
      );
  }

  #isAwaited(pattern: string): boolean {
    for (const { follower } of this.#underWay.values())
      if (follower.pattern === pattern) return true;
    return false;
  }

  #settle(pattern: string): void {
    const subscription = this.#idle.get(pattern);
    if (subscription === undefined || this.#isAwaited(pattern)) return;
    this.#idle.delete(pattern);
    this.#deps.giveBack(subscription);
  }
}
