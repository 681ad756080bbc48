// The second factor of a person: codes of an authenticator app, and recovery codes for when it is lost. Each code is taken once.
import { type BodyOf, fail, type rest, type SecondFactor } from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import { drawRandom, sha256Hex } from "@s4t/kit/node";
import { type Actor, everything, requirePerson } from "../../policy/index.ts";
import type { Tx } from "../../ports/database.ts";
import {
  beginFactor,
  confirmFactor,
  countRecoveryCodes,
  findFactor,
  removeFactor,
  replaceRecoveryCodes,
  takeRecoveryCode,
  takeStep,
} from "./factor-store.ts";
import type { IdentityContext } from "./identity.ts";
import type { Locker } from "./locker.ts";
import { isPassword } from "./passwords.ts";
import { findUser, type UserRow } from "./store.ts";
import type { Throttle } from "./throttle.ts";
import { removeTokensOf } from "./token-store.ts";
import { stepOfCode, TOTP_SECRET_BYTES, toBase32, totpUri } from "./totp.ts";

/** Recovery codes that a person gets at once: for ten lost telephones. */
export const RECOVERY_CODES_LIMIT = 10;
/** Random bytes of a recovery code: what is hashed without salt and stretching must not be guessed by who has the hashes. */
export const RECOVERY_CODE_BYTES = 10;

/** By what a second factor was proved. */
export type Factor = "totp" | "recovery";
type Body<Verb extends keyof typeof rest.secondFactor> = BodyOf<(typeof rest.secondFactor)[Verb]>;

export interface SecondFactors {
  show(actor: Actor): Promise<SecondFactor>;
  /** Makes a secret, shown this once; it counts when a code of it has come back. */
  begin(actor: Actor, body: Body<"begin">): Promise<{ secret: string; uri: string }>;
  confirm(actor: Actor, body: Body<"confirm">): Promise<{ recoveryCodes: string[] }>;
  renewCodes(actor: Actor, body: Body<"renewCodes">): Promise<{ recoveryCodes: string[] }>;
  remove(actor: Actor, body: Body<"remove">): Promise<void>;
  /** An administrator takes somebody's away; their sessions end. */
  reset(actor: Actor, idOrName: string): Promise<void>;
  /**
   * Proves it where the user has one; undefined where not. Throws `auth.code-needed`, `auth.code-wrong`, and `auth.throttled`
   * after several wrong ones.
   */
  prove(user: UserRow, code: string | undefined): Promise<Factor | undefined>;
}

/** People type codes as they see them: with blanks, hyphens, small letters. */
const plain = (code: string): string => code.replace(/[\s-]/g, "").toUpperCase();
/** Of one user: the same code of another's would have another hash. */
const hashOfCode = (user: string, code: string): string => sha256Hex(`${user} ${plain(code)}`);
const newCode = (): string =>
  toBase32(drawRandom(RECOVERY_CODE_BYTES))
    .toLowerCase()
    .replace(/(.{4})(?=.)/g, "$1-");

/** Makes the verbs. `issuer`: what authenticator apps call this cloud. */
export const createSecondFactors = (
  { database, clock, log, audit, tokens, requireHere }: IdentityContext,
  throttle: Throttle,
  locker: Locker,
  issuer: string,
): SecondFactors => {
  const secretOf = (user: string, locked: string): Buffer | undefined => {
    const secret = locker.unlock(user, locked);
    if (!secret) log.error("The secret of a second factor cannot be unlocked", { user });
    return secret;
  };

  /** Takes a code; a code of the app before it is confirmed only where `waiting`. */
  const take = async (
    tx: Tx,
    user: string,
    code: string,
    waiting = false,
  ): Promise<Factor | undefined> => {
    const row = await findFactor(everything, tx, user);
    if (!row || (row.confirmed_at === null) !== waiting) return undefined;
    if (/^\d{6}$/.test(plain(code))) {
      const secret = secretOf(user, row.secret);
      const step = secret && stepOfCode(secret, plain(code), clock.now());
      const isTaken = step !== undefined && (await takeStep(everything, tx, user, step));
      return isTaken ? "totp" : undefined;
    }
    const isRight =
      !waiting && (await takeRecoveryCode(everything, tx, user, hashOfCode(user, code)));
    return isRight ? "recovery" : undefined;
  };

  const keysOf = (user: string) => [`code ${user}`];

  /** Runs `work` in the transaction in which the code is taken. */
  const withCode = async <T>(
    actor: Actor,
    action: string,
    code: string,
    work: (tx: Tx, factor: Factor) => Promise<T>,
    waiting = false,
  ): Promise<T> => {
    const keys = keysOf(actor.uuid);
    using _try = throttle.begin(keys);
    const done = await database.write(everything, async (tx) => {
      const factor = await take(tx, actor.uuid, code, waiting);
      return factor && { value: await work(tx, factor) };
    });
    if (done) {
      throttle.right(keys);
      return done.value;
    }
    throttle.wrong(keys);
    await audit.record({ actor, action, status: "denied", project: null });
    throw fail("auth.code-wrong");
  };

  const requireState = async (actor: Actor, wanted: "on" | "pending"): Promise<void> => {
    const row = await database.read(everything, (reader) =>
      findFactor(everything, reader, actor.uuid),
    );
    if (!row || (row.confirmed_at !== null) !== (wanted === "on"))
      throw fail(row && wanted === "pending" ? "second-factor.on" : "second-factor.off");
  };

  const giveCodes = async (tx: Tx, user: string): Promise<string[]> => {
    const codes = Array.from({ length: RECOVERY_CODES_LIMIT }, newCode);
    const hashes = codes.map((code) => hashOfCode(user, code));
    await replaceRecoveryCodes(everything, tx, user, hashes);
    return codes;
  };

  return {
    show: (actor) =>
      database.read(everything, async (reader) => {
        const row = await findFactor(everything, reader, actor.uuid);
        if (!row) return { status: "off", since: null, recoveryCodesLeft: 0 };
        if (row.confirmed_at === null)
          return { status: "pending", since: null, recoveryCodesLeft: 0 };
        return {
          status: "on",
          since: toRfc3339(Number(row.confirmed_at)),
          recoveryCodesLeft: await countRecoveryCodes(everything, reader, actor.uuid),
        };
      }),
    async begin(actor, { password }) {
      requirePerson(actor, "second-factor.begin");
      requireHere();
      const user = await database.read(everything, (reader) =>
        findUser(everything, reader, actor.uuid),
      );
      const keys = [`name ${user?.name}`];
      using _try = throttle.begin(keys);
      if (!user || !(await isPassword(user.password, password))) {
        throttle.wrong(keys);
        await audit.record({
          actor,
          action: "second-factor.begin",
          status: "denied",
          project: null,
        });
        throw fail("auth.failed");
      }
      throttle.right(keys);
      const secret = drawRandom(TOTP_SECRET_BYTES);
      const isBegun = await database.write(everything, (tx) =>
        beginFactor(everything, tx, {
          user_id: user.uuid,
          secret: locker.lock(user.uuid, secret),
          created_at: clock.now(),
          confirmed_at: null,
          last_step: 0,
        }),
      );
      if (!isBegun) throw fail("second-factor.on");
      const text = toBase32(secret);
      return { secret: text, uri: totpUri(issuer, user.name, text) };
    },
    async confirm(actor, { code }) {
      requirePerson(actor, "second-factor.confirm");
      await requireState(actor, "pending");
      return withCode(
        actor,
        "second-factor.confirm",
        code,
        async (tx) => {
          await confirmFactor(everything, tx, actor.uuid, clock.now());
          const recoveryCodes = await giveCodes(tx, actor.uuid);
          await audit.append(tx, { actor, action: "second-factor.confirm", project: null });
          tx.afterCommit(tokens.forget);
          return { recoveryCodes };
        },
        true,
      );
    },
    async renewCodes(actor, { code }) {
      requirePerson(actor, "second-factor.renew-codes");
      await requireState(actor, "on");
      return withCode(actor, "second-factor.renew-codes", code, async (tx) => {
        const recoveryCodes = await giveCodes(tx, actor.uuid);
        await audit.append(tx, { actor, action: "second-factor.renew-codes", project: null });
        return { recoveryCodes };
      });
    },
    async remove(actor, { code }) {
      requirePerson(actor, "second-factor.remove");
      await requireState(actor, "on");
      await withCode(actor, "second-factor.remove", code, async (tx, factor) => {
        await removeFactor(everything, tx, actor.uuid);
        await audit.append(tx, {
          ...{ actor, action: "second-factor.remove", project: null },
          facts: { factor },
        });
        tx.afterCommit(tokens.forget);
      });
    },
    async reset(actor, idOrName) {
      await database.write(everything, async (tx) => {
        const user = await findUser(everything, tx, idOrName);
        if (!user) throw fail("user.not-found");
        if (!(await removeFactor(everything, tx, user.uuid))) return;
        await removeTokensOf(everything, tx, user.uuid, actor.token);
        await audit.append(tx, {
          actor,
          action: "user.reset-second-factor",
          project: null,
          resource: { noun: "user", uuid: user.uuid, name: user.name },
        });
        tx.afterCommit(tokens.forget);
      });
    },
    async prove(user, code) {
      const row = await database.read(everything, (reader) =>
        findFactor(everything, reader, user.uuid),
      );
      if (!row || row.confirmed_at === null) return undefined;
      if (code === undefined) throw fail("auth.code-needed");
      const keys = keysOf(user.uuid);
      using _try = throttle.begin(keys);
      const factor = await database.write(everything, (tx) => take(tx, user.uuid, code));
      if (!factor) {
        throttle.wrong(keys);
        throw fail("auth.code-wrong");
      }
      throttle.right(keys);
      return factor;
    },
  };
};
