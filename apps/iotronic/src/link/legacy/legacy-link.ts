// The door for boards that run the original agent: a realm of its own, where everybody is anonymous and may next to nothing. A board
// that connects there is joined to the link by a translator; from then on it is a board as others are.
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type BoardId, fail, isUuid, wampErrorOf } from "@s4t/contract";
import { type Clock, isS4tError, type Log, type Part } from "@s4t/kit";
import {
  anonymousAuthenticator,
  type ClientSession,
  createRouter,
  type IncomingCall,
  joinRealm,
  linkedPeers,
  type Router,
  type SessionInfo,
  type SessionLimits,
  WampError,
  wampErrors,
} from "@s4t/wamp";
import { secureRandom } from "@s4t/wamp/node";
import type { KnownBoard } from "../../edge/link.ts";
import type { Metrics } from "../../edge/metrics.ts";
import type { OriginalsHost, OriginalWorks } from "../../edge/originals.ts";
import { type LinkDoor, openLinkDoor } from "../door.ts";
import type { RunningLink } from "../link.ts";
import { toWire } from "../wire-errors.ts";
import { isAllowed } from "./allowed.ts";
import { createGuesses } from "./guesses.ts";
import { type LegacyMetrics, legacyMetrics } from "./metrics.ts";
import { createStrangers } from "./strangers.ts";
import { ORIGINAL_FEATURES, startTranslator, type Translator } from "./translator.ts";
import {
  argumentOf,
  cloudVerbs,
  decodeMessage,
  encodeMessage,
  infoOf,
  LEGACY_REALM,
  settingsOf,
  textArgument,
} from "./words.ts";

/** How often such boards are pinged: one that runs a plugin's call answers nothing meanwhile, and must not be cut for it at once. */
export const LEGACY_PING_EVERY_MS = 60_000;
/** How long a board that is there gets to show it, when somebody else says to be it. */
export const ALIVE_WITHIN_MS = 3_000;
/** Longest that a board may say with `echo`. */
const longestEcho = 4_096;

/** What a session of that realm may hold: an agent registers some forty procedures, all at once. */
const sessionLimits: Partial<SessionLimits> = {
  ...{ registrations: 64, subscriptions: 0, pendingCalls: 8, pendingInvocations: 8 },
  requestsPerSecond: 100,
};

export interface LegacyLinkDependencies {
  readonly host: OriginalsHost;
  readonly works: OriginalWorks;
  readonly link: Pick<RunningLink, "attachTranslated">;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Where boards are told to connect, with its port: the agent takes the URL apart by hand. */
  readonly url: () => string;
  /** A board has connected, or gone: its tunnels are its session's. */
  readonly onGone: (board: BoardId) => void;
}

/** A board that is connected by this door. */
export interface LegacyBoard extends KnownBoard {
  readonly session: number;
  readonly address: string | null;
}

export interface LegacyLink extends Part {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The session of a board that is connected by this door. */
  readonly find: (board: string) => LegacyBoard | undefined;
  counts(): { readonly boards: number; readonly strangers: number };
}

interface Bound extends LegacyBoard {
  readonly translator: Translator;
}

/** Only its hash goes to the record: what was guessed may be another's code. */
const shortOf = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 8);

class OriginalLink implements LegacyLink {
  readonly name = "legacy link";
  readonly #deps: LegacyLinkDependencies;
  readonly #router: Router;
  readonly #door: LinkDoor;
  readonly #metrics: LegacyMetrics;
  readonly #strangers: ReturnType<typeof createStrangers>;
  readonly #guesses: ReturnType<typeof createGuesses>;
  readonly #bySession = new Map<number, Bound>();
  readonly #byBoard = new Map<string, Bound>();
  /** Boards whose connecting is under way. */
  readonly #connecting = new Set<string>();
  readonly #sessions = new Map<number, SessionInfo>();
  #cloud: ClientSession | undefined;

  constructor(deps: LegacyLinkDependencies) {
    this.#deps = deps;
    this.#metrics = legacyMetrics(deps.metrics, () => this.counts());
    this.#strangers = createStrangers(deps.clock);
    this.#guesses = createGuesses(deps.clock);
    const refuse = (session: SessionInfo, action: string, uri: string): void =>
      this.#refuse(session.id, `${action} ${uri}`);
    this.#router = createRouter(
      {
        realms: [
          {
            name: LEGACY_REALM,
            // Board ids have hyphens.
            uriCheck: "loose",
            authenticators: [anonymousAuthenticator("stranger")],
            authorize: (session, action, uri, options) => {
              const boundTo = (id: number) => this.#bySession.get(id);
              if (isAllowed(session, action, uri, options, boundTo)) return "allow";
              refuse(session, action, uri);
              return "deny";
            },
            onReserved: refuse,
            onJoin: (session) => this.#onJoin(session),
            onLeave: (session, reason, because) => this.#onLeave(session.id, reason, because),
          },
        ],
      },
      { clock: deps.clock, random: secureRandom, log: deps.log },
    );
    this.#door = openLinkDoor(
      (peer, connection) => this.#router.attach(peer, { connection, limits: sessionLimits }),
      deps.clock,
      { pingEveryMs: LEGACY_PING_EVERY_MS },
    );
  }

  async start(): Promise<void> {
    const [near, far] = linkedPeers();
    this.#router.attach(far, { trustedAs: { authid: "cloud", authrole: "cloud" } });
    const cloud = await joinRealm(
      near,
      { realm: LEGACY_REALM, mapError: (error) => this.#tell(error) },
      { clock: this.#deps.clock },
    );
    this.#cloud = cloud;
    const offers: readonly [string, (call: IncomingCall, session: number) => unknown][] = [
      [cloudVerbs.register, (call, session) => this.#register(call, session)],
      [cloudVerbs.connection, (call, session) => this.#connect(call, session)],
      [cloudVerbs.wampAlive, () => this.#now()],
      [cloudVerbs.alive, () => this.#now()],
      [cloudVerbs.echo, (call) => textArgument(call, "data", 0, longestEcho)],
      [cloudVerbs.notifyResult, (call, session) => this.#notify(call, session)],
    ];
    for (const [uri, answer] of offers)
      await cloud.register(
        uri,
        async (call) => ({ args: [await answer(call, call.caller?.session ?? -1)] }),
        { discloseCaller: true },
      );
  }

  async stop(): Promise<void> {
    this.#door.close();
    for (const { translator } of this.#bySession.values())
      translator.leave(wampErrors.systemShutdown);
    this.#router.close();
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#door.handleUpgrade(request, socket, head);
  }

  readonly find = (board: string): LegacyBoard | undefined => this.#byBoard.get(board);

  counts() {
    return { boards: this.#byBoard.size, strangers: this.#strangers.size };
  }

  #now(): string {
    return new Date(this.#deps.clock.now()).toISOString();
  }

  #tell(error: unknown): WampError {
    if (error instanceof WampError) return error;
    if (!isS4tError(error) || error.code === "internal")
      this.#deps.log.error("An original board's request failed through our fault", { error });
    return toWire(error);
  }

  #addressOf(session: number): string | null {
    return this.#sessions.get(session)?.connection.remoteAddress ?? null;
  }

  #refuse(session: number, what: string, board = this.#bySession.get(session) ?? null): void {
    this.#metrics.refused(what);
    this.#deps.host.onRefused(board, `original: ${what}`, this.#addressOf(session));
  }

  #onJoin(session: SessionInfo): void {
    if (session.authrole === "cloud") return;
    this.#door.joined(session.connection);
    this.#sessions.set(session.id, session);
    const address = session.connection.remoteAddress ?? "";
    const isIn = this.#strangers.add(session.id, address, () =>
      this.#end(session.id, "It is no board yet."),
    );
    if (!isIn) this.#end(session.id, "Too many are no board yet.");
  }

  #onLeave(session: number, reason: string, because = reason): void {
    this.#sessions.delete(session);
    this.#strangers.remove(session);
    const bound = this.#bySession.get(session);
    if (!bound) return;
    this.#bySession.delete(session);
    if (this.#byBoard.get(bound.uuid) === bound) {
      this.#byBoard.delete(bound.uuid);
      this.#deps.onGone(bound.uuid);
    }
    this.#metrics.left();
    bound.translator.leave(because === reason ? reason : wampErrors.networkFailure);
  }

  #end(session: number, because: string, reason: string = wampErrors.killed): void {
    this.#router.endSession(LEGACY_REALM, session, reason, because);
  }

  async #register(call: IncomingCall, session: number): Promise<string> {
    const code = textArgument(call, "code", 0, 36);
    const address = this.#addressOf(session);
    if (!this.#guesses.mayTry(String(address))) {
      this.#metrics.registered("put off");
      throw new WampError(wampErrors.unavailable, "Too many codes were wrong: come again later.");
    }
    try {
      const board = await this.#deps.host.register(code, address);
      this.#metrics.registered("done");
      return encodeMessage("SUCCESS", settingsOf(board, code, this.#deps.url()));
    } catch (error) {
      if (!isS4tError(error) || !error.code.startsWith("enrolment.")) throw error;
      this.#guesses.wrong(String(address));
      this.#metrics.registered("refused");
      return encodeMessage("ERROR", error.message);
    }
  }

  async #connect(call: IncomingCall, session: number): Promise<string> {
    const uuid = textArgument(call, "uuid", 0, 36).toLowerCase();
    const own = this.#bySession.get(session);
    if (own?.uuid === uuid) return encodeMessage("SUCCESS", "");
    const said = String(argumentOf(call, "session", 1)).slice(0, 32);
    if (own || said !== String(session)) {
      this.#refuse(session, `connection as ${uuid} in session ${said}`);
      throw new WampError(wampErrors.notAuthorized, "This session is another's.");
    }
    if (!isUuid(uuid)) {
      this.#refuse(session, `connection as no board (${shortOf(uuid)})`, null);
      return encodeMessage("ERROR", "This board is not known.");
    }
    if (this.#connecting.has(uuid)) throw this.#claimed(session, uuid);
    this.#connecting.add(uuid);
    try {
      return await this.#connectAs(uuid, session, infoOf(argumentOf(call, "info", 2)));
    } finally {
      this.#connecting.delete(uuid);
    }
  }

  /** An error, not an answer: the agent comes again for the one, and ends itself for the other. */
  #claimed(session: number, uuid: string): WampError {
    const holder = this.#byBoard.get(uuid);
    this.#refuse(session, `connection as ${uuid}, which is connected`, holder ?? null);
    return new WampError(wampErrorOf("link.superseded"), "This board is connected already.");
  }

  async #connectAs(
    uuid: string,
    session: number,
    { version, connectivity }: ReturnType<typeof infoOf>,
  ): Promise<string> {
    const { host, works, link, clock, log } = this.#deps;
    const earlier = this.#byBoard.get(uuid);
    if (earlier && (await earlier.translator.isAlive(ALIVE_WITHIN_MS)))
      throw this.#claimed(session, uuid);
    if (earlier) this.#end(earlier.session, "The board is connected anew.");
    let board: Awaited<ReturnType<OriginalsHost["open"]>>;
    try {
      board = await host.open(uuid, { version, features: ORIGINAL_FEATURES });
    } catch (error) {
      if (!isS4tError(error, "link.revoked")) throw error;
      this.#refuse(session, `connection as ${uuid}`, null);
      return encodeMessage("ERROR", "This board is not known.");
    }
    const info = this.#sessions.get(session);
    const cloud = this.#cloud;
    // It left meanwhile: nobody hears the answer.
    if (!info || !cloud) throw fail("board.offline");
    const { connection } = info;
    const translator = await startTranslator(
      { board, session, version, connectivity, connection },
      {
        ...{ cloud, clock, log, host, works },
        attach: (peer, facts) => link.attachTranslated(peer, board, facts),
      },
    );
    if (!this.#sessions.has(session)) {
      translator.leave(wampErrors.networkFailure);
      throw fail("board.offline");
    }
    this.#strangers.remove(session);
    const bound: Bound = {
      ...{ uuid: board.uuid, name: board.name, project: board.project, session, translator },
      address: this.#addressOf(session),
    };
    this.#bySession.set(session, bound);
    this.#byBoard.set(uuid, bound);
    void translator.ended.then(({ message }) => this.#end(session, message));
    this.#metrics.connected();
    return encodeMessage("SUCCESS", "");
  }

  async #notify(call: IncomingCall, session: number): Promise<string> {
    const bound = this.#bySession.get(session);
    const uuid = textArgument(call, "board_uuid", 0, 36).toLowerCase();
    if (bound?.uuid !== uuid) {
      this.#refuse(session, `notify_result of ${uuid}`);
      throw new WampError(wampErrors.notAuthorized, "This board is another.");
    }
    const message = decodeMessage(argumentOf(call, "wampmessage", 1));
    const { requestId } = message ?? {};
    if (!message || !requestId || !isUuid(requestId))
      throw fail("request.invalid", {
        where: "wampmessage",
        because: "is no message of a request",
      });
    await bound.translator.notify({ ...message, requestId });
    return encodeMessage("SUCCESS", "");
  }
}

/** Makes it. */
export const createLegacyLink = (deps: LegacyLinkDependencies): LegacyLink =>
  new OriginalLink(deps);
