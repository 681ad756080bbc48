// How boards come in: cryptosign with the key that they enrolled with, or a one-use ticket to enrol one.
import { randomBytes } from "node:crypto";
import {
  type BoardId,
  check,
  ENROL_AUTHID,
  type ErrorCode,
  fail,
  fromHex,
  HelloExtra,
  type KnownOfBoard,
  type WelcomeExtra,
  wampErrorOf,
} from "@s4t/contract";
import { type Clock, isS4tError } from "@s4t/kit";
import {
  type Authenticator,
  cryptosignAuthenticator,
  type JoinRequest,
  type Principal,
  type Verdict,
} from "@s4t/wamp";
import { verifyEd25519 } from "@s4t/wamp/node";
import type { KnownBoard, LinkHost } from "../edge/link.ts";

/** Role of a board's session. */
export const BOARD_ROLE = "board";
/** Role of a session that only enrolled: it may do nothing. */
export const ENROLLING_ROLE = "enrolling";

/** Contracts that a cloud speaks. Boards of older ones join only to be upgraded. */
export interface ContractWindow {
  readonly newest: number;
  readonly oldest: number;
}

/** What a newer agent means cannot be known. */
const requireContract = ({ contract }: HelloExtra, { newest, oldest }: ContractWindow): void => {
  if (contract > newest) throw fail("link.version", { contract, oldest, newest });
};

interface Welcomed {
  readonly role: string;
  readonly epoch: number;
  readonly contracts: ContractWindow;
  readonly nowMs: number;
  readonly knows?: KnownOfBoard;
}

const welcome = (
  board: KnownBoard,
  { contract }: HelloExtra,
  { role, epoch, contracts, nowMs, knows }: Welcomed,
): Verdict => {
  const extra: WelcomeExtra = {
    board: board.uuid,
    name: board.name,
    epoch,
    contract: contracts.newest,
    timeMs: nowMs,
    ...(contract < contracts.oldest ? { upgradeOnly: true } : {}),
  };
  return {
    kind: "welcome",
    principal: {
      authid: board.uuid.replaceAll("-", ""),
      authrole: role,
      authextra: { ...extra, project: board.project },
    },
    ...(knows ? { told: { knows } } : {}),
  };
};

/** As the audit has it: which board somebody said to be, where that can be an id. */
const posingAs = ({ authid = "" }: JoinRequest): string =>
  `link.join as ${/^[0-9a-f]{32}$/.test(authid) ? authid : "an unknown board"}`;
const known = new WeakSet<object>();
/** What an agent said of itself: looked at once, however often it is asked for. Throws `request.invalid`. */
export const helloOf = (authextra: unknown): HelloExtra => {
  if (known.has(authextra as object)) return authextra as HelloExtra;
  const hello = check(HelloExtra, authextra, "authextra");
  known.add(authextra as object);
  return hello;
};
const addressOf = (request: JoinRequest): string | null => request.connection.remoteAddress ?? null;

export interface JoinDependencies {
  readonly host: LinkHost;
  readonly clock: Clock;
  readonly contracts: ContractWindow;
  /** Hears of a board whose session is about to be opened: what it will be told of its target is read from here on. */
  readonly onOpening: (board: BoardId) => void;
  /** Hears of who said to be a board and is not. */
  readonly onPosing: (what: string, address: string | null) => void;
  /** Hears of everybody who was refused, with the code. */
  readonly onDenied: (method: "cryptosign" | "ticket", code: ErrorCode) => void;
}

/** The two ways to join the link. */
export const linkAuthenticators = ({
  host,
  clock,
  contracts,
  onOpening,
  onPosing,
  onDenied,
}: JoinDependencies): readonly Authenticator[] => {
  const denyBy =
    (method: "cryptosign" | "ticket") =>
    (error: unknown): Verdict => {
      if (!isS4tError(error)) onDenied(method, "internal");
      if (!isS4tError(error)) throw error;
      onDenied(method, error.code as ErrorCode);
      return { kind: "deny", uri: wampErrorOf(error.code), message: error.message };
    };
  const denyBoard = denyBy("cryptosign");
  const denyEnrolment = denyBy("ticket");
  /** By what a HELLO said: asked for twice in a join, at its begin and once the signature is good. */
  const boards = new WeakMap<object, KnownBoard>();
  const cryptosign = cryptosignAuthenticator({
    verify: verifyEd25519,
    randomBytes,
    channelBinding: "required",
    findPrincipal: async (pubkey, { authid = "", authextra }): Promise<Principal | undefined> => {
      const principal = { authid, authrole: BOARD_ROLE };
      // The second time is no question: `openSession` refuses what was withdrawn meanwhile, and does so within its transaction.
      if (boards.has(authextra)) return principal;
      const uuid = fromHex(authid);
      const board = uuid === undefined ? undefined : await host.findByKey(pubkey, uuid);
      if (!board) return undefined;
      boards.set(authextra, board);
      return principal;
    },
  });

  const enrolWith: Authenticator = {
    method: "ticket",
    start: (request) =>
      request.authid === ENROL_AUTHID
        ? { kind: "challenge", extra: {}, pending: {} }
        : denyEnrolment(fail("enrolment.invalid")),
    async finish(request, _pending, proof) {
      try {
        const extra = helloOf(request.authextra);
        requireContract(extra, contracts);
        const board = await host.enrol(proof.signature, extra, addressOf(request));
        const nowMs = clock.now();
        return welcome(board, extra, { role: ENROLLING_ROLE, epoch: 0, contracts, nowMs });
      } catch (error) {
        return denyEnrolment(error);
      }
    },
  };

  const joinWith: Authenticator = {
    method: "cryptosign",
    async start(request) {
      try {
        requireContract(helloOf(request.authextra), contracts);
      } catch (error) {
        return denyBoard(error);
      }
      const verdict = await cryptosign.start(request);
      if (verdict.kind !== "deny") return verdict;
      onPosing(posingAs(request), addressOf(request));
      return denyBoard(fail("link.revoked"));
    },
    async finish(request, pending, proof) {
      const verdict = await cryptosign.finish(request, pending, proof);
      if (verdict.kind !== "welcome") {
        onPosing(posingAs(request), addressOf(request));
        return denyBoard(fail("link.revoked"));
      }
      const board = boards.get(request.authextra);
      if (!board) return denyBoard(fail("link.revoked"));
      const extra = helloOf(request.authextra);
      try {
        // Durable before WELCOME: whatever an older session still does carries a smaller number.
        onOpening(board.uuid);
        const opened = await host.openSession(board, extra);
        const nowMs = clock.now();
        return welcome(board, extra, { role: BOARD_ROLE, ...opened, contracts, nowMs });
      } catch (error) {
        return denyBoard(error);
      }
    },
  };
  return [joinWith, enrolWith];
};

/** The board of a joined session, as its authenticator said. */
export const boardOf = (
  extra: Readonly<Record<string, unknown>>,
): KnownBoard & { readonly epoch: number } => ({
  uuid: extra.board as BoardId,
  project: extra.project as KnownBoard["project"],
  name: String(extra.name),
  epoch: Number(extra.epoch),
});
