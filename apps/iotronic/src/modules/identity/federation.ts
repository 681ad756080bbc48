// Signing in by somebody else's page: who they say it is, is who here; what they say of them, is which roles. The browser that begins is
// the one that must come back: what it keeps in a cookie is the only way to what is kept here meanwhile.
import { createHash } from "node:crypto";
import { fail, type ProjectId } from "@s4t/contract";
import { randomToken, sha256Hex } from "@s4t/kit/node";
import type { Came, FederatedSignIn } from "../../edge/federation.ts";
import { newId } from "../../edge/id.ts";
import { everything, systemActor } from "../../policy/index.ts";
import type { Tx } from "../../ports/database.ts";
import type { FederationDriver, Foreigner, Kept } from "../../ports/federation.ts";
import { findFederated, insertFederated } from "./federation-store.ts";
import type { IdentityContext } from "./identity.ts";
import { listUsersByMail } from "./mail-store.ts";
import { hashPassword } from "./passwords.ts";
import type { Proofs } from "./proofs.ts";
import { plainMail } from "./recovery.ts";
import type { Sessions } from "./sessions.ts";
import {
  countAdmins,
  findProject,
  findUser,
  insertUser,
  type ProjectRole,
  removeMember,
  setMember,
  type UserRow,
  updateUser,
} from "./store.ts";
import type { Throttle } from "./throttle.ts";

/** How long somebody may stay at a provider's page. */
export const FEDERATION_LIFE_MS = 600_000;
/** People who are at a provider's page; the oldest are forgotten first. */
export const MAX_AWAY = 1_000;
/** How long what a command line gets by its loopback address is good. */
export const EXCHANGE_LIFE_MS = 60_000;
/** Longest name that a provider may give a person here. */
const MAX_NAME = 63;

/** What a provider's word about a person gives them here. */
export interface RoleRule {
  readonly claim: string;
  /** The claim is this, or a list that has it. */
  readonly value: string;
  /** Name or id of a project; null: administrator of the cloud. */
  readonly project: string | null;
  readonly role: ProjectRole;
}

export interface Provider {
  readonly name: string;
  readonly title: string;
  readonly driver: FederationDriver;
  /** Whether somebody new is made a user. */
  readonly provision: boolean;
  /** Whether somebody new is who has the same address here, proved at both. */
  readonly linkByMail: boolean;
  readonly roles: readonly RoleRule[];
}

interface Away {
  readonly provider: Provider;
  readonly kept: Kept;
  readonly came: Came;
  readonly untilMs: number;
}

interface Exchange {
  readonly user: string;
  readonly provider: string;
  readonly challenge: string;
  readonly untilMs: number;
}

const has = ({ claim, value }: RoleRule, claims: Foreigner["claims"]): boolean => {
  const said = claims[claim];
  return Array.isArray(said) ? said.includes(value) : said === value;
};

const strength: readonly ProjectRole[] = ["auditor", "user", "manager"];

/** Puts something into a bounded map, the oldest first out. */
const remember = <Value>(map: Map<string, Value>, key: string, value: Value): void => {
  map.set(key, value);
  if (map.size <= MAX_AWAY) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
};

/** Makes the verbs. `origin`: what this cloud is called by browsers. */
export const createFederation = (
  { database, clock, audit, tokens, requireHere, origin }: IdentityContext,
  {
    sessions,
    proofs,
    throttle,
  }: { readonly sessions: Sessions; readonly proofs: Proofs; readonly throttle: Throttle },
  providers: readonly Provider[],
): FederatedSignIn => {
  const away = new Map<string, Away>();
  const exchanges = new Map<string, Exchange>();

  const callbackOf = (name: string): string => `${origin()}/api/oidc/${name}/callback`;
  const get = (name: string): Provider => {
    requireHere();
    const provider = providers.find((each) => each.name === name);
    if (!provider) throw fail("oidc.not-found");
    return provider;
  };

  /** A name that nobody has, out of what the provider calls them. */
  const freeName = async (tx: Tx, { name, mail, subject }: Foreigner): Promise<string> => {
    const wanted = (name ?? mail ?? subject)
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, "")
      .trim()
      .slice(0, MAX_NAME - 5)
      .trim();
    const base = wanted === "" ? "person" : wanted;
    for (let i = 1; ; i += 1) {
      const tried = i === 1 ? base : `${base}-${i}`;
      if (!(await findUser(everything, tx, tried))) return tried;
      if (i > 99) return `${base.slice(0, 40)}-${randomToken(6)}`;
    }
  };

  const provisioned = async (
    tx: Tx,
    foreigner: Foreigner,
    provider: Provider,
    password: string,
  ): Promise<UserRow> => {
    const now = clock.now();
    const mail = foreigner.mail === null ? null : plainMail(foreigner.mail);
    const row: UserRow = {
      uuid: newId(),
      name: await freeName(tx, foreigner),
      ...{ rev: 1, status: "active", admin: 0, mail, password },
      ...{ created_at: now, updated_at: now, last_sign_in_at: null, foreign_id: null },
      // Proved here only by who is believed about addresses: a link for a new password goes there.
      mail_verified_at:
        provider.linkByMail && mail !== null && foreigner.isMailVerified ? now : null,
    };
    await insertUser(everything, tx, row);
    await audit.append(tx, {
      ...{ actor: systemActor, action: "user.create", project: null },
      resource: { noun: "user", uuid: row.uuid, name: row.name },
      facts: { by: provider.name },
    });
    return row;
  };

  /** Who it is here. By issuer and subject alone, once that is written down. */
  const whoIs = async (
    tx: Tx,
    foreigner: Foreigner,
    provider: Provider,
    password: string,
  ): Promise<UserRow | undefined> => {
    const { issuer, subject } = foreigner;
    const linked = await findFederated(everything, tx, issuer, subject);
    if (linked !== undefined) return findUser(everything, tx, linked);
    let user: UserRow | undefined;
    if (provider.linkByMail && foreigner.isMailVerified && foreigner.mail !== null) {
      const [first, ...more] = await listUsersByMail(
        ...([everything, tx, plainMail(foreigner.mail), 2] as const),
      );
      if (more.length === 0) user = first;
    }
    if (!user && provider.provision) user = await provisioned(tx, foreigner, provider, password);
    if (!user) return undefined;
    const row = { issuer, subject, user_id: user.uuid };
    if (!(await insertFederated(everything, tx, row, clock.now()))) throw fail("auth.failed");
    await audit.append(tx, {
      ...{ actor: systemActor, action: "user.federated", project: null },
      resource: { noun: "user", uuid: user.uuid, name: user.name },
      facts: { by: provider.name, subject },
    });
    return user;
  };

  /** Roles as the provider's rules say: of the projects that they name, and of no other. */
  const giveRoles = async (
    tx: Tx,
    user: UserRow,
    { roles }: Provider,
    { claims }: Foreigner,
  ): Promise<void> => {
    const ofProjects = Map.groupBy(
      roles.filter(({ project }) => project !== null),
      ({ project }) => project ?? "",
    );
    for (const [name, rules] of ofProjects) {
      const project = await findProject(everything, tx, name);
      if (!project) continue;
      const role = rules
        .filter((rule) => has(rule, claims))
        .map((rule) => rule.role)
        .sort((a, b) => strength.indexOf(b) - strength.indexOf(a))[0];
      if (role) await setMember(everything, tx, project.uuid as ProjectId, user.uuid, role);
      else await removeMember(everything, tx, project.uuid as ProjectId, user.uuid);
    }
    const ofCloud = roles.filter(({ project }) => project === null);
    if (ofCloud.length === 0) return;
    const admin = ofCloud.some((rule) => has(rule, claims)) ? 1 : 0;
    if (admin === user.admin) return;
    await updateUser(everything, tx, user.uuid, { admin });
    // The last one stays: nobody could bring another one back.
    if ((await countAdmins(everything, tx)) === 0)
      await updateUser(everything, tx, user.uuid, { admin: 1 });
  };

  const admit = async (foreigner: Foreigner, provider: Provider): Promise<UserRow | undefined> => {
    // Nobody knows it: they come by the provider until they set another by a link, or an administrator does.
    const password = await hashPassword(randomToken(32));
    return database.write(everything, async (tx) => {
      const user = await whoIs(tx, foreigner, provider, password);
      if (user?.status !== "active") return undefined;
      await giveRoles(tx, user, provider, foreigner);
      tx.afterCommit(tokens.forget);
      return user;
    });
  };

  return {
    providers: () => providers.map(({ name, title }) => ({ name, title })),
    origin,
    async begin(name, came) {
      const provider = get(name);
      const { url, kept } = await provider.driver.begin(callbackOf(name), came.loopback !== null);
      const ticket = randomToken(32);
      const untilMs = clock.monotonicMs() + FEDERATION_LIFE_MS;
      remember(away, sha256Hex(ticket), { provider, kept, came, untilMs });
      return { url, ticket };
    },
    async finish(name, ticket, query, { address, agent }) {
      const provider = get(name);
      const key = sha256Hex(ticket ?? "");
      const found = away.get(key);
      // Whatever comes of it, it was good for this once.
      away.delete(key);
      if (found?.provider !== provider || found.untilMs <= clock.monotonicMs())
        throw fail("oidc.refused", {
          because: "it was not begun in this browser, or too long ago",
        });
      const callback = new URL(callbackOf(name));
      callback.search = query;
      const foreigner = await provider.driver.finish(callback, found.kept);
      const user = await admit(foreigner, provider);
      if (!user) {
        await proofs.note("oidc", foreigner.name ?? foreigner.subject, address);
        throw fail("oidc.nobody");
      }
      const { loopback, next } = found.came;
      if (loopback === null) {
        const { token } = await sessions.startFor(user, {
          method: "oidc",
          by: name,
          address,
          agent,
        });
        return { token, next };
      }
      const code = randomToken(32);
      remember(exchanges, sha256Hex(code), {
        ...{ user: user.uuid, provider: name, challenge: loopback.challenge },
        untilMs: clock.monotonicMs() + EXCHANGE_LIFE_MS,
      });
      return { token: null, next: `http://127.0.0.1:${loopback.port}/?code=${code}` };
    },
    async exchange({ code, verifier }, { address, agent }) {
      const keys = [`address ${address}`, `method oidc ${address}`];
      using _try = throttle.begin(keys);
      const key = sha256Hex(code);
      const found = exchanges.get(key);
      exchanges.delete(key);
      const challenge = createHash("sha256").update(verifier).digest("base64url");
      const isGood =
        found !== undefined && found.challenge === challenge && found.untilMs > clock.monotonicMs();
      const user = isGood
        ? await database.read(everything, (reader) => findUser(everything, reader, found.user))
        : undefined;
      if (!found || user?.status !== "active") {
        await proofs.note("oidc", "", address, throttle.wrong(keys));
        throw fail("auth.link-invalid");
      }
      return sessions.startFor(user, { method: "oidc", by: found.provider, address, agent });
    },
  };
};
