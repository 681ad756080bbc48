// On a sealed project: the owner's word for one stream. The board makes up a challenge, the owner's key signs it, and it is good for
// one stream of the kind that it was asked for. A cloud that has no key of the owner's can make none of this.
import { randomBytes } from "node:crypto";
import { fail, grantOf, type StreamGrant, signedGrantText } from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import { isSignedBy } from "../../link/project-key.ts";

/** How long a challenge waits for its signature: somebody may have to type a passphrase. */
export const GRANT_LIFE_S = 60;
/** Challenges that wait at once; the oldest goes first. */
export const MAX_CHALLENGES = 64;
/** 256 bits: nobody guesses one, and none comes twice. */
export const CHALLENGE_BYTES = 32;

/** Whom this board trusts. */
export interface Trust {
  readonly board: string;
  /** Key of the project; undefined where the board knows none yet. */
  readonly key: string | undefined;
  readonly sealed: boolean;
}

export interface Grants {
  /** Throws `stream.refused` for a kind that needs none. */
  challenge(kind: string): { readonly challenge: string; readonly expiresInS: number };
  /** Throws `board.sealed` where a stream of this kind needs a grant and has no good one. */
  require(kind: string, grant: StreamGrant | undefined): void;
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
      for (const oldest of waiting.keys()) {
        if (waiting.size < MAX_CHALLENGES) break;
        waiting.delete(oldest);
      }
      const challenge = randomBytes(CHALLENGE_BYTES).toString("hex");
      waiting.set(challenge, { kind, endsMs: clock.monotonicMs() + GRANT_LIFE_S * 1_000 });
      return { challenge, expiresInS: GRANT_LIFE_S };
    },
    require(kind, grant) {
      const { board, key, sealed } = trust();
      const needed = grantOf(kind);
      if (!sealed || needed === undefined) return;
      const isGood =
        grant !== undefined &&
        key !== undefined &&
        useUp(grant.challenge, needed) &&
        isSignedBy(key, grant.signature, signedGrantText(board, needed, grant.challenge));
      if (!isGood) throw fail("board.sealed");
    },
  };
};
