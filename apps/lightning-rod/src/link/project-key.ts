// From the project's key that this board pinned to the present one: each later key is signed by the one before. Whoever holds the
// pinned key may name its successor; nobody else can, the cloud included.
import { createPublicKey, verify } from "node:crypto";
import { check, fail, signedKeyText, type TargetProjectKey } from "@s4t/contract";
import * as Type from "typebox";
import type { Storage } from "../storage.ts";

const file = "project-key.json";

/** The key whose signature makes code good on this board. */
export interface ProjectKeyPin {
  readonly key: string;
  /** Whether it is with the project's owner, and not in the cloud. */
  readonly sealed: boolean;
}

const PinFile = Type.Object({ key: Type.String(), sealed: Type.Boolean() });

/** Whether an Ed25519 signature of a text (UTF-8) is good; key and signature raw, hex. */
export const isSignedBy = (key: string, signature: string, text: string): boolean => {
  try {
    const x = Buffer.from(key, "hex").toString("base64url");
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    return verify(null, Buffer.from(text), publicKey, Buffer.from(signature, "hex"));
  } catch {
    return false; // no point of the curve: nothing that it signed
  }
};

/**
 * The key to trust from now on. `pinned`: the one until now, none on a board that has not seen any. Throws `target.entry-failed`
 * where no way leads from it to the last of `keys`.
 */
export const followKeys = (
  pinned: ProjectKeyPin | undefined,
  { keys }: TargetProjectKey,
): ProjectKeyPin => {
  const last = keys.at(-1);
  const refuse = (because: string) => fail("target.entry-failed", { because });
  if (!last) throw refuse("it names no key");
  if (!pinned) return { key: last.key, sealed: last.sealed };
  const from = keys.findLastIndex(({ key }) => key === pinned.key);
  if (from < 0) throw refuse("the project's key that this board pinned is not among them");
  const later = keys.slice(from + 1);
  let present = pinned;
  for (const { key, signature, sealed } of later) {
    if (signature === null || !isSignedBy(present.key, signature, signedKeyText(key, sealed)))
      throw refuse("a key is not signed by the one before");
    present = { key, sealed };
  }
  // A cloud that has no key any more must not talk a board out of knowing that.
  if (pinned.sealed && !present.sealed) throw refuse("a sealed project stays sealed");
  return present;
};

/** The pinned key, across restarts. */
export interface ProjectKeys {
  present(): ProjectKeyPin | undefined;
  /** Whether there is a pin that cannot be read: nobody is trusted then. */
  readonly isDamaged: boolean;
  /** Follows a succession; whether the key is another now. Throws `target.entry-failed` and `board.storage`. */
  follow(succession: TargetProjectKey): boolean;
}

/** Opens the pin. What is damaged is not taken for "none": a board that forgot whom it trusts would trust anybody. */
export const openProjectKeys = (storage: Storage): ProjectKeys => {
  const text = storage.read(file);
  let present: ProjectKeyPin | "damaged" | undefined;
  try {
    present = text === undefined ? undefined : check(PinFile, JSON.parse(text), file);
  } catch {
    present = "damaged";
  }
  return {
    present: () => (present === "damaged" ? undefined : present),
    get isDamaged() {
      return present === "damaged";
    },
    follow(succession) {
      if (present === "damaged")
        throw fail("target.entry-failed", {
          because: `${file} on this board is damaged: enrol it again`,
        });
      const next = followKeys(present, succession);
      if (present?.key === next.key && present.sealed === next.sealed) return false;
      storage.write(file, JSON.stringify(next));
      present = next;
      return true;
    },
  };
};

/** Forgets the pin: at an enrolment, which is what a board's trust begins with. */
export const forgetProjectKey = (storage: Storage): void => storage.remove(file);
