// Proving who one is: every way in goes through here, so that the throttle, the record and the same answer for everybody who is
// wrong hold for each.
import { fail, isUuid } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import type { Called, Proof } from "../../edge/identity.ts";
import { everything, systemActor } from "../../policy/index.ts";
import type { Proven as Vouched } from "../../ports/identity.ts";
import type { IdentityContext } from "./identity.ts";
import { findCalled } from "./records.ts";
import type { Factor, SecondFactors } from "./second-factor.ts";
import {
  type CredentialRow,
  findCredential,
  findCredentialOf,
  findUser,
  type UserRow,
} from "./store.ts";
import type { Throttle } from "./throttle.ts";
import { takeLink } from "./token-store.ts";

export interface Proven {
  readonly user: UserRow;
  readonly credential: CredentialRow | null;
  /** By what the second factor was proved; undefined where they have none, or none is asked for. */
  readonly factor: Factor | undefined;
  /** A token of whoever vouches, that what comes of this is bound to. */
  readonly bond: Vouched["bond"];
}

export interface Proofs {
  /**
   * Throws `auth.failed` or `auth.link-invalid` for everything that is not right, `auth.throttled`, `auth.no-role` for whom a Keystone
   * vouches for and gives nothing here, `identity.unavailable`, and to who has the password `auth.code-needed` or `auth.code-wrong`.
   */
  prove(proof: Proof, address: string | null): Promise<Proven>;
  /** Puts on record that somebody was refused. */
  note(method: string, named: string, address: string | null, waitS?: number): Promise<void>;
}

/** Nobody's id. */
const noId = "00000000-0000-0000-0000-000000000000";

interface Judged {
  readonly user: UserRow | undefined;
  readonly credential: CredentialRow | null;
  readonly named: string;
  readonly bond?: Vouched["bond"];
}

/** Makes the one way. */
export const createProofs = (
  context: IdentityContext,
  throttle: Throttle,
  secondFactors: SecondFactors,
): Proofs => {
  const { database, clock, audit, people, shadows } = context;

  const findMeant = (called: Called): Promise<UserRow | undefined> =>
    database.read(everything, (reader) => findCalled(reader, called));

  const byLink = async (code: string): Promise<Judged> => {
    const taken = await database.write(everything, (tx) =>
      takeLink(everything, tx, sha256Hex(code)),
    );
    if (!taken || Number(taken.expires_at) <= clock.now())
      return { user: undefined, credential: null, named: "" };
    const user = await database.read(everything, (reader) =>
      findUser(everything, reader, taken.user_id),
    );
    return { user, credential: null, named: user?.name ?? "" };
  };

  const byCredential = async ({
    credential: called,
    owner,
    secret,
  }: Proof & { method: "credential" }): Promise<Judged> => {
    const found = await database.read(everything, async (reader) => {
      const whose = owner && (await findCalled(reader, owner));
      const credential =
        owner === undefined
          ? await findCredential(everything, reader, called.key)
          : await findCredentialOf(everything, reader, whose?.uuid ?? "", called.key);
      // The same looks for a credential that there is not.
      return { credential, user: await findUser(everything, reader, credential?.user_id ?? noId) };
    });
    const right = found.credential?.secret === sha256Hex(secret);
    const alive =
      found.credential?.expires_at === null || Number(found.credential?.expires_at) > clock.now();
    return {
      user: right && alive ? found.user : undefined,
      credential: found.credential ?? null,
      named: called.key,
    };
  };

  /** `before`: who is called so, read before the password was judged. */
  const byPassword = async (
    { user: called, password }: Proof & { method: "password" },
    before: UserRow | undefined,
  ): Promise<Judged> => {
    const none: Judged = { user: undefined, credential: null, named: called.key };
    // A name is theirs to look up: it may be somebody else's by now. An id of ours is one of theirs.
    const meant = isUuid(called.key) ? await findMeant(called) : undefined;
    const asked: Called = meant?.foreign_id == null ? called : { by: "id", key: meant.foreign_id };
    const proven = await people.prove(asked, password);
    if (!proven) return none;
    const standing = await people.standing(proven.id);
    if (!standing) return none;
    if (people.managedAt !== null && !standing.isAdmin && standing.roles.length === 0)
      throw fail("auth.no-role");
    const { user } = await shadows.mirror(standing, true);
    const row = await database.read(everything, (reader) => findUser(everything, reader, user));
    // What was proved may be their password no more.
    if (row?.foreign_id === null && row.password !== before?.password) return none;
    return { ...none, user: row, bond: proven.bond };
  };

  /** Who has to wait after a wrong try: the address, and the person by whichever name. */
  const keysOf = (proof: Proof, user: UserRow | undefined, address: string | null): string[] => [
    `address ${address}`,
    proof.method === "password"
      ? `name ${user?.name ?? proof.user.key}`
      : `method ${proof.method} ${address}`,
  ];

  const note: Proofs["note"] = (method, named, address, waitS = 0) =>
    audit.record({
      actor: {
        ...systemActor,
        kind: "user",
        uuid: "unknown",
        name: named.slice(0, 63).toWellFormed(), // half a character is none that a record can hold
        admin: false,
        address,
      },
      action: "session.start",
      status: "denied",
      project: null,
      facts: { method, ...(waitS > 0 ? { waitS } : {}) },
    });

  /** What a password alone does not open. Links and credentials are what somebody was given, and ask for no code. */
  const byFactor = async (
    proof: Proof,
    user: UserRow,
    address: string | null,
  ): Promise<Factor | undefined> => {
    if (proof.method !== "password") return undefined;
    const whose = proof.codeOf;
    const isTheirs =
      whose === undefined ||
      (await database.read(everything, (reader) => findCalled(reader, whose)))?.uuid === user.uuid;
    try {
      return await secondFactors.prove(user, isTheirs ? proof.code : "");
    } catch (error) {
      if (isS4tError(error, "auth.code-wrong")) {
        const waitS = throttle.wrong([`address ${address}`]);
        const ofCode = Math.ceil(throttle.waitMs([`code ${user.uuid}`]) / 1_000);
        await note("totp", user.name, address, Math.max(waitS, ofCode));
      }
      throw error;
    }
  };

  return {
    note,
    async prove(proof, address) {
      const meant = proof.method === "password" ? await findMeant(proof.user) : undefined;
      const keys = keysOf(proof, meant, address);
      using _try = throttle.begin(keys);
      const judged: Judged =
        proof.method === "link"
          ? await byLink(proof.code)
          : proof.method === "credential"
            ? await byCredential(proof)
            : await byPassword(proof, meant);
      if (judged.user?.status !== "active") {
        const waitS = throttle.wrong(keys);
        await note(proof.method, judged.named, address, waitS);
        throw proof.method === "link" ? fail("auth.link-invalid") : fail("auth.failed");
      }
      const factor = await byFactor(proof, judged.user, address);
      throttle.right(keys);
      const { user, credential, bond = null } = judged;
      return { user, credential, factor, bond };
    },
  };
};
