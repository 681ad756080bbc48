// On a sealed project: the owner's word for one stream. The board makes up a challenge, the owner's key signs it together with the
// board's own key, the kind and the arguments, and it is good for that one stream. A cloud that has no key of the owner's can neither
// make a grant, nor change what one is for, nor take one to another board, whose challenge it passed off as this one's.
import { randomBytes } from "node:crypto";
import {
  type AnswerOf,
  fail,
  grantOf,
  type StreamGrant,
  signedGrantText,
  type tunnel,
} from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import { hashOf } from "@s4t/kit/node";
import { isSignedBy } from "../../link/project-key.ts";

/** How long a challenge waits for its signature: somebody may have to type a passphrase. */
export const GRANT_LIFE_S = 60;
/** Challenges that wait at once; the oldest goes first. */
export const MAX_CHALLENGES = 64;
/** 256 bits: nobody guesses one, and none comes twice. */
export const CHALLENGE_BYTES = 32;

/** Whom this board trusts. */
export interface Trust {
  /** This board's own public key, hex; undefined where it has none yet. */
  readonly board: string | undefined;
  /** Key of the project; undefined where the board knows none yet. */
  readonly key: string | undefined;
  readonly sealed: boolean;
}

export interface Grants {
  /** Throws `stream.refused` for a kind that needs none. */
  challenge(kind: string): AnswerOf<typeof tunnel.challenge>;
  /** Throws `board.sealed` where a stream of this kind needs a grant, and has none for just these arguments. */
  require(kind: string, args: object): void;
}

/** Makes them. */
export const createGrants = (trust: () => Trust, clock: Clock): Grants => {
  const waiting = new Map<string, { readonly kind: string; readonly endsMs: number }>();
  const useUp = (challenge: string, kind: string): boolean => {
    const found = waiting.get(challenge);
    waiting.delete(challenge);
    return found !== undefined && found.kind === kind && found.endsMs > clock.monotonicMs();
  };
  return {
    challenge(kind) {
      if (kind !== "shell" && kind !== "files")
        throw fail("stream.refused", { because: `${kind} needs no grant` });
      const { board } = trust();
      if (board === undefined)
        throw fail("stream.refused", { because: "it has no key of its own" });
      for (const oldest of waiting.keys()) {
        if (waiting.size < MAX_CHALLENGES) break;
        waiting.delete(oldest);
      }
      const challenge = randomBytes(CHALLENGE_BYTES).toString("hex");
      waiting.set(challenge, { kind, endsMs: clock.monotonicMs() + GRANT_LIFE_S * 1_000 });
      return { challenge, board, expiresInS: GRANT_LIFE_S };
    },
    require(kind, { grant, ...args }: { readonly grant?: StreamGrant | undefined }) {
      // Asked first: whom the board trusts is read from its disk, and most streams need no grant.
      const needed = grantOf(kind);
      if (needed === undefined) return;
      const { board, key, sealed } = trust();
      if (!sealed) return;
      const isGood = (): boolean => {
        if (grant === undefined || key === undefined || board === undefined) return false;
        const { challenge, signature } = grant;
        const text = { board, kind, argsSha256: hashOf(args), challenge };
        return useUp(challenge, needed) && isSignedBy(key, signature, signedGrantText(text));
      };
      if (!isGood()) throw fail("board.sealed");
    },
  };
};
