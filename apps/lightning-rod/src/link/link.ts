// The one connection to the cloud: join, answer, fetch the target, send reports; again and again for as long as the agent lives.
import {
  type BoardInfo,
  boardPrefix,
  boardProcedures,
  check,
  cloudProcedures,
  cloudUri,
  errorRow,
  fail,
  type Job,
  type ReportRow,
  toHex,
  WelcomeExtra,
  wampErrorOf,
} from "@s4t/contract";
import { createBackoff, createDeadline, isS4tError, type Log, sleep, untilAborted } from "@s4t/kit";
import type { Resumption } from "@s4t/kit/node/websocket";
import {
  type ClientSession,
  cryptosignCredentials,
  type IncomingCall,
  isWampError,
} from "@s4t/wamp";
import { ed25519Signer } from "@s4t/wamp/node/client";
import type { Dispatch } from "../features/feature.ts";
import type { BoardIdentity } from "../identity.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Journal } from "../reports/journal.ts";
import type { TargetKeeper } from "../target/target.ts";
import { fetchBlob, type WantedBlob } from "./blob.ts";
import { createPauses, hintOf } from "./come-again.ts";
import { type ConnectDependencies, type LinkOptions, openSession, type Where } from "./connect.ts";
import { notReached } from "./not-reached.ts";
import { createReporting, REPORT_GATHER_MS, REPORT_SOON_MS, type Reporting } from "./reporting.ts";
import { type Answer, answerWithin } from "./trace.ts";
import { fromWire, isFinal } from "./wire-errors.ts";

/** A session that lasted this long was a success: the next pause is short again. */
export const STEADY_SESSION_MS = 5_000;
/** Pause where another agent with this board's key took over: two of them must not push each other out all day. */
export const SUPERSEDED_PAUSE_MS = 60_000;
/** How long after an entry failed of what time may mend (a full disk, a cloud out of reach) it is tried again. */
export const ENTRY_RETRY_MS = 60_000;
/** Wait before a target that could not be fetched is asked for again; doubled from one to the next, up to {@link ENTRY_RETRY_MS}. */
export const LOOK_RETRY_MS = 2_000;

export interface LinkDependencies extends ConnectDependencies {
  readonly log: Log;
  readonly random: () => number;
  readonly dispatch: Dispatch;
  readonly target: TargetKeeper;
  readonly jobs: () => Jobs;
  readonly journal: Journal;
  readonly info: () => BoardInfo;
  readonly describeSeries: () => ReportRow;
  /** A session began, and the board said what it is. */
  readonly onJoined: () => void;
  readonly isClockSynchronised: () => boolean;
}

export interface RunningLink {
  /** Sends what waits, soon. */
  flush(): void;
  /** Tells a row now, if there is a session. */
  tell(row: ReportRow): void;
  /** Lives until the signal; throws what no further try changes. */
  run(identity: BoardIdentity, signal: AbortSignal): Promise<void>;
  /** Tells how the entries of the target stand now. */
  entriesChanged(): void;
  /** Fetches bytes that the target names. Throws `cloud.unreachable`, what the cloud says, and what `take` throws. */
  fetchBlob(wanted: WantedBlob): Promise<void>;
  /** Where the cloud is now, and whom to trust for it. */
  where(): Where;
  /** Signs with the board's key: hex. */
  sign(text: string): string;
  /** The authority (PEM) to trust from the next connection on. */
  trust(ca: string): void;
  /** The cloud's time, by its word at the last join and the time since; the board's own before any. */
  cloudNow(): number;
}

class AgentLink implements RunningLink {
  readonly #options: LinkOptions;
  readonly #deps: LinkDependencies;
  #session: ClientSession | undefined;
  readonly #reporting: Reporting;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #working: Promise<void> | undefined;
  #later: { cancel(): void } | undefined;
  readonly #missed;
  #ca: string | null = null;
  #url = "";
  #resumption: Resumption = {};
  #aheadMs: number | undefined;
  /** Which target was taken in last; undefined before any, and where the cloud does not name it. */
  #tag: string | undefined;

  constructor(options: LinkOptions, deps: LinkDependencies) {
    this.#options = options;
    this.#deps = deps;
    this.#missed = createBackoff({ firstMs: LOOK_RETRY_MS, capMs: ENTRY_RETRY_MS }, deps.random);
    this.#reporting = createReporting({
      ...deps,
      session: () => this.#session,
      where: () => this.where(),
    });
  }

  async run(identity: BoardIdentity, signal: AbortSignal): Promise<void> {
    const { clock, log, random } = this.#deps;
    const backoff = createPauses(random);
    this.#ca = identity.ca;
    this.#url = identity.url;
    this.#resumption = {};
    while (!signal.aborted) {
      let pauseMs = 0;
      const startedMs = clock.monotonicMs();
      try {
        pauseMs = await this.#live(identity, signal);
      } catch (error) {
        if (signal.aborted) return;
        pauseMs = hintOf(error, random);
        const shown = fromWire(error);
        if (isFinal(shown)) throw shown;
        const told = notReached(shown, identity.url);
        log.warn("The cloud cannot be reached", {
          url: identity.url,
          because: told instanceof Error ? told.message : "unknown",
          ...(isS4tError(told) ? { code: told.code } : {}),
        });
      }
      if (clock.monotonicMs() - startedMs >= STEADY_SESSION_MS) backoff.reset();
      await sleep(clock, backoff.next(pauseMs), signal).catch(() => {});
    }
  }

  trust(ca: string): void {
    this.#ca = ca;
    this.#resumption = {};
  }

  where(): Where {
    return { url: this.#url, ca: this.#ca, resumption: this.#resumption };
  }

  sign(text: string): string {
    const bytes = ed25519Signer(this.#options.key.privateKey)(Buffer.from(text));
    return Buffer.from(bytes).toString("hex");
  }

  cloudNow(): number {
    const { clock } = this.#deps;
    return this.#aheadMs === undefined ? clock.now() : clock.monotonicMs() + this.#aheadMs;
  }

  /** One session from join to end; answers how long to stay away at least. */
  async #live(identity: BoardIdentity, signal: AbortSignal): Promise<number> {
    const { log } = this.#deps;
    const { key } = this.#options;
    const session = await openSession(
      this.where(),
      this.#options,
      this.#deps,
      (channelId) =>
        cryptosignCredentials({
          authid: toHex(identity.board),
          publicKey: key.publicKey,
          sign: ed25519Signer(key.privateKey),
          channelId,
        }),
      signal,
    );
    const leave = () => void session.close();
    signal.addEventListener("abort", leave, { once: true });
    try {
      const { timeMs, knows } = check(WelcomeExtra, session.details.authextra, "welcome");
      this.#aheadMs = timeMs - this.#deps.clock.monotonicMs();
      this.#deps.journal.confirm(knows?.reports);
      // Before it is registered: a hint may come right behind, and there is nothing else that has it fetch what changed.
      this.#session = session;
      await session.register(
        boardPrefix(identity.board),
        (call) => this.#answer(identity.board, call),
        { match: "prefix" },
      );
      log.info("Joined the cloud", { url: identity.url, board: identity.board });
      for (const row of [
        { kind: "info", info: this.#deps.info() } as const,
        this.#deps.describeSeries(),
      ])
        this.#deps.journal.append(row);
      this.#deps.onJoined();
      if (this.#wantsLook(knows)) await this.#look(true);
      else this.entriesChanged();
      this.flush();
      const end = await session.closed;
      if (signal.aborted) return 0;
      if (end.reason === wampErrorOf("link.superseded")) {
        log.error("Another agent has this board's key", { because: end.message });
        return SUPERSEDED_PAUSE_MS;
      }
      log.warn("The link ended", { reason: end.reason, because: end.message });
      return 0;
    } finally {
      void session.close();
      signal.removeEventListener("abort", leave);
      this.#later?.cancel();
      this.#session = undefined;
    }
  }

  async #answer(board: string, call: IncomingCall): Promise<Answer> {
    const name = call.procedure.slice(boardPrefix(board).length);
    const given = call.args[0] ?? {};
    if (name === boardProcedures.link.hint.name) {
      this.#lookBeside(false);
      return { args: [{}] };
    }
    return answerWithin(call, name, this.#deps, () => this.#handle(name, given, call.signal));
  }

  /** Calls a feature of this board for a job: nobody waits at the other end, so its time is kept here. */
  async call(name: string, given: unknown): Promise<unknown> {
    const timeoutMs = this.#deps.dispatch.get(name)?.procedure.timeoutMs ?? 0;
    const deadline = createDeadline(this.#deps.clock, timeoutMs);
    try {
      return await untilAborted(this.#handle(name, given, deadline.signal), deadline.signal);
    } finally {
      deadline[Symbol.dispose]();
    }
  }

  async #handle(name: string, given: unknown, signal: AbortSignal): Promise<unknown> {
    const found = this.#deps.dispatch.get(name);
    if (!found) throw fail("board.unsupported", { feature: name });
    return found.handle(check(found.procedure.args, given, "args") as never, { signal });
  }

  /** Whether there may be anything to fetch, or to try again. */
  #wantsLook(knows: WelcomeExtra["knows"]): boolean {
    if (!knows || knows.jobs || this.#tag !== knows.target) return true;
    return this.#deps.target.report().entries.some(({ state }) => state === "failed");
  }

  /** Fetches target and jobs; one at a time, and once more when something changed meanwhile. */
  #look(atJoin: boolean): Promise<void> {
    if (this.#looking) {
      this.#lookAgain = true;
      return this.#looking;
    }
    this.#looking = this.#lookOnce(atJoin).finally(() => {
      this.#looking = undefined;
      if (!this.#lookAgain) return;
      this.#lookAgain = false;
      this.#lookBeside(false);
    });
    return this.#looking;
  }

  /** The same, and nobody waits for it. The cloud has had its answer: what could not be fetched, this board has to ask for again. */
  #lookBeside(atJoin: boolean): void {
    this.#look(atJoin).catch((error: unknown) => {
      this.#deps.log.warn("The target could not be fetched", { error: String(error) });
      if (this.#session) this.#lookLater(this.#missed.next(), atJoin);
    });
  }

  #lookLater(pauseMs = ENTRY_RETRY_MS, retryFailed = true): void {
    this.#later?.cancel();
    this.#later = this.#deps.clock.after(pauseMs, () => this.#lookBeside(retryFailed));
  }

  async #lookOnce(atJoin: boolean): Promise<void> {
    const { target } = this.#deps;
    const session = this.#session;
    if (!session) return;
    const { targetGet } = cloudProcedures;
    const { args } = await session.call(cloudUri(targetGet), {
      args: [{ have: target.have(), jobsAfter: this.#deps.jobs().cursor }],
      timeoutMs: targetGet.timeoutMs,
    });
    const answer = check(targetGet.reply, args[0], "target");
    this.#missed.reset();
    target.take(answer.target, { retryFailed: atJoin });
    this.#tag = answer.tag;
    this.entriesChanged();
    if (answer.jobs.length > 0) this.#startJobs(answer.jobs);
  }

  entriesChanged(): void {
    const { target, journal } = this.#deps;
    const { revision, entries } = target.report();
    journal.append({
      kind: "entries",
      revision,
      entries: entries.map((entry) => ({ ...entry })),
    });
    // While one is on its way there is more to tell soon.
    const isUnderWay = entries.some(({ state }) => state === "waiting");
    this.#reporting.within(isUnderWay ? REPORT_GATHER_MS : REPORT_SOON_MS);
    const mayMend = entries.some(
      ({ state, code }) => state === "failed" && code !== undefined && errorRow(code).retryable,
    );
    if (mayMend && this.#session) this.#lookLater();
  }

  /** Jobs run beside, in order: a long one keeps neither the target nor a new session waiting. What comes meanwhile is asked for after. */
  #startJobs(jobs: readonly Job[]): void {
    this.#working ??= this.#deps
      .jobs()
      .run(jobs)
      .then(
        () => {
          this.#working = undefined;
          this.flush();
          this.#lookBeside(false);
        },
        (error: unknown) => {
          // What cannot be noted is not run: the cloud keeps it.
          this.#working = undefined;
          this.#deps.log.warn("Jobs wait", { because: String(error) });
          this.#lookLater();
        },
      );
  }

  tell(row: ReportRow): void {
    // The same way as everything else; one that comes late is shown, never stored.
    this.#deps.journal.append(row);
    this.#reporting.within(REPORT_SOON_MS);
  }

  flush(): void {
    this.#reporting.within(REPORT_GATHER_MS);
  }

  async fetchBlob({ sha256, take, onTicket, ...wanted }: WantedBlob): Promise<void> {
    const url = this.#url;
    const away = (because: string, cause?: unknown) =>
      fail("cloud.unreachable", { url, because }, cause);
    const session = this.#session;
    if (!session)
      throw fail("plugin.not-ready", { because: "its bytes are not here, and the cloud is away" });
    const { blobTicket } = cloudProcedures;
    const answer = await session
      .call(cloudUri(blobTicket), {
        args: [{ sha256 }],
        timeoutMs: blobTicket.timeoutMs,
        signal: wanted.signal,
      })
      .catch((error: unknown) => {
        wanted.signal.throwIfAborted();
        const told = notReached(fromWire(error), url);
        throw isS4tError(told) && !isWampError(told) ? told : away("no ticket came", error);
      });
    const { path, token } = check(blobTicket.reply, answer.args[0], "ticket");
    onTicket();
    await fetchBlob({ ...wanted, url: url + path, ca: this.#ca, token }, take);
  }
}

/** Makes the link. */
export const createAgentLink = (
  options: LinkOptions,
  deps: LinkDependencies,
): RunningLink & { call(name: string, args: unknown): Promise<unknown> } =>
  new AgentLink(options, deps);
