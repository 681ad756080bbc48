// How boards come in: cryptosign with the key that they enrolled with, or a one-use ticket to enrol one.
import { randomBytes } from "node:crypto";
import {
  type BoardId,
  CONTRACT,
  check,
  ENROL_AUTHID,
  fail,
  fromHex,
  HelloExtra,
  OLDEST_CONTRACT,
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

const denyWith = (error: unknown): Verdict => {
  if (!isS4tError(error)) throw error;
  return { kind: "deny", uri: wampErrorOf(error.code), message: error.message };
};

const requireContract = (extra: HelloExtra): void => {
  if (extra.contract > CONTRACT || extra.contract < OLDEST_CONTRACT)
    throw fail("link.version", {
      contract: extra.contract,
      oldest: OLDEST_CONTRACT,
      newest: CONTRACT,
    });
};

const welcome = (board: KnownBoard, epoch: number, role: string, clock: Clock): Verdict => {
  const extra: WelcomeExtra = {
    board: board.uuid,
    name: board.name,
    epoch,
    contract: CONTRACT,
    timeMs: clock.now(),
  };
  return {
    kind: "welcome",
    principal: {
      authid: board.uuid.replaceAll("-", ""),
      authrole: role,
      authextra: { ...extra, project: board.project },
    },
  };
};

const addressOf = (request: JoinRequest): string | null => request.connection.remoteAddress ?? null;

/** The two ways to join the link. */
export const linkAuthenticators = (host: LinkHost, clock: Clock): readonly Authenticator[] => {
  const known = new WeakMap<Principal, KnownBoard>();
  const cryptosign = cryptosignAuthenticator({
    verify: verifyEd25519,
    randomBytes,
    channelBinding: "required",
    findPrincipal: async (pubkey, { authid }) => {
      const uuid = fromHex(authid ?? "");
      const board = uuid === undefined ? undefined : await host.findByKey(pubkey, uuid);
      if (!board) return undefined;
      const principal: Principal = { authid: authid ?? "", authrole: BOARD_ROLE };
      known.set(principal, board);
      return principal;
    },
  });

  const enrolWith: Authenticator = {
    method: "ticket",
    start: (request) =>
      request.authid === ENROL_AUTHID
        ? { kind: "challenge", extra: {}, pending: {} }
        : { kind: "deny", message: "Tickets are for enrolment only." },
    async finish(request, _pending, proof) {
      try {
        const extra = check(HelloExtra, request.authextra, "authextra");
        requireContract(extra);
        return welcome(
          await host.enrol(proof.signature, extra, addressOf(request)),
          0,
          ENROLLING_ROLE,
          clock,
        );
      } catch (error) {
        return denyWith(error);
      }
    },
  };

  const joinWith: Authenticator = {
    method: "cryptosign",
    async start(request) {
      try {
        requireContract(check(HelloExtra, request.authextra, "authextra"));
      } catch (error) {
        return denyWith(error);
      }
      const verdict = await cryptosign.start(request);
      return verdict.kind === "deny" ? denyWith(fail("link.revoked")) : verdict;
    },
    async finish(request, pending, proof) {
      const verdict = await cryptosign.finish(request, pending, proof);
      if (verdict.kind !== "welcome") {
        host.onRefused(null, "link.join", addressOf(request));
        return denyWith(fail("link.revoked"));
      }
      const board = known.get(verdict.principal);
      if (!board) return denyWith(fail("link.revoked"));
      // Durable before WELCOME: whatever an older session still does carries a smaller number.
      const epoch = await host.openSession(
        board,
        check(HelloExtra, request.authextra, "authextra"),
      );
      return welcome(board, epoch, BOARD_ROLE, clock);
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
