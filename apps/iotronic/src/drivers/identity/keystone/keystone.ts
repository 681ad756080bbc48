// A Keystone as who vouches (Identity API v3): it proves passwords, its tokens are good here as long as it says so, its roles are what
// people may. Each answer is relied on for a short time; where it gives none, nobody gets in by it.
import { fail, isRetryable } from "@s4t/contract";
import { sha256Hex } from "@s4t/kit/node";
import type {
  Called,
  IdentityDriver,
  Known,
  Proven,
  RoleIn,
  Standing,
  TokenStanding,
} from "../../../ports/identity.ts";
import {
  assignmentsOf,
  domainOf,
  projectsOf,
  rolesIn,
  type TokenAnswer,
  tokenOf,
  userOf,
} from "./answers.ts";
import { type CatalogueEntry, registerIn } from "./catalogue.ts";
import type { KeystoneOptions, Outcome } from "./config.ts";
import { createAsking, type Question } from "./http.ts";
import { createKept } from "./kept.ts";
import { createRoleMap, nameIn } from "./roles.ts";
import { createService } from "./service.ts";

/** How long it is kept that a token is worth nothing: a stolen list of dead ones is not asked for again and again. */
export const NOTHING_KEPT_MS = 5_000;

/** Of a Fernet token, as Keystone makes them: version 0x80 and a moment, then cipher text. */
const fernet = /^gAAAA[\w-]{60,250}={0,2}$/;

/** Of an id, as Keystone makes them: 32 or 64 hex digits, and words. */
const idForm = /^[\w-]{1,64}$/;

/** Vouches, and is told where this cloud is. */
export interface Keystone extends IdentityDriver {
  /** Puts this cloud into the catalogue: as often as one likes, it is there once. Answers what had to be changed. */
  register(entry: CatalogueEntry): Promise<readonly string[]>;
}

const namesOf = (roles: readonly { readonly name: string }[]): string[] =>
  roles.map(({ name }) => name);

interface DomainStanding {
  readonly name: string;
  readonly isEnabled: boolean;
}

/** Makes it. Nobody is asked before somebody asks. */
export const keystoneIdentity = (options: KeystoneOptions): Keystone => {
  const { url, domain: home, clock, cacheForMs, measures } = options;
  const asking = createAsking(options);
  const asService = createService(options, asking);
  const roleMap = createRoleMap(options);
  const tokens = createKept<TokenStanding | undefined>(clock, measures.remembered);
  const people = createKept<Standing | undefined>(clock, measures.remembered);
  const domains = createKept<DomainStanding | undefined>(clock, () => {});
  const holdFor = (answer: unknown): number =>
    answer === undefined ? Math.min(NOTHING_KEPT_MS, cacheForMs) : cacheForMs;

  const measured = async <T>(
    what: Parameters<typeof measures.asked>[0],
    work: () => Promise<T>,
    outcomeOf: (answer: T) => Outcome = (answer) => (answer === undefined ? "refused" : "answered"),
  ): Promise<T> => {
    const startedMs = clock.monotonicMs();
    const tell = (outcome: Outcome): void =>
      measures.asked(what, outcome, (clock.monotonicMs() - startedMs) / 1_000);
    try {
      const answer = await work();
      tell(outcomeOf(answer));
      return answer;
    } catch (error) {
      tell(isRetryable(error) ? "unavailable" : "refused");
      throw error;
    }
  };

  /** The body of a 200; undefined of a 404. Anything else is no answer: the cloud's own account may not ask this. */
  const look = async (question: Question): Promise<unknown> => {
    const { status, body } = await asService(question);
    if (status === 404) return undefined;
    if (status === 200) return body;
    options.log.error(
      "The Keystone does not tell this cloud what it asks: see its account's roles",
      {
        path: question.path.split("?", 1)[0],
        status,
      },
    );
    throw fail("identity.unavailable", {}, `status ${status}`);
  };

  const knownIn = (named: Known & { domain: { id: string; name: string } }): Known => ({
    id: named.id,
    name: nameIn(named, home),
  });

  const standingOf = (token: TokenAnswer, freshUntilMs: number): TokenStanding => {
    const { user, project, system, expires_at } = token;
    const names = namesOf(token.roles ?? []);
    const role = project && token.is_domain !== true ? roleMap.inProject(names) : undefined;
    const isAdmin =
      roleMap.isAdmin(names) &&
      (system?.all === true || (project !== undefined && roleMap.isAdminProject(project)));
    return {
      ...{ user: knownIn(user), isAdmin, freshUntilMs, expiresAtMs: Date.parse(expires_at) },
      project: project && role !== undefined ? project.id : null,
      roles: project && role !== undefined ? [{ project: knownIn(project), role }] : [],
    };
  };

  const judge = (token: string): Promise<TokenStanding | undefined> =>
    tokens.get(
      sha256Hex(token),
      (startedMs) =>
        measured("token", async () => {
          const found = await look({
            method: "GET",
            path: "/auth/tokens?nocatalog",
            subject: token,
          });
          return found === undefined
            ? undefined
            : standingOf(tokenOf(found).token, startedMs + cacheForMs);
        }),
      holdFor,
    );

  const domain = (id: string): Promise<DomainStanding | undefined> =>
    domains.get(
      id,
      async () => {
        const found = await look({ method: "GET", path: `/domains/${encodeURIComponent(id)}` });
        if (found === undefined) return undefined;
        const { name, enabled } = domainOf(found).domain;
        return { name, isEnabled: enabled };
      },
      holdFor,
    );

  const rolesOf = async (
    id: string,
  ): Promise<{ readonly isAdmin: boolean; readonly roles: readonly RoleIn[] }> => {
    const [assigned, reached, above] = await Promise.all([
      look({
        method: "GET",
        path: `/role_assignments?user.id=${id}&effective&include_names`,
      }),
      look({ method: "GET", path: `/users/${id}/projects` }),
      // Effective assignments leave these out. What a group has of them is known by its members' own tokens only.
      look({ method: "GET", path: `/system/users/${id}/roles` }),
    ]);
    if (assigned === undefined || reached === undefined) return { isAdmin: false, roles: [] };
    const names = new Map<string, string[]>();
    for (const { role, scope } of assignmentsOf(assigned).role_assignments)
      if (scope.project)
        names.set(scope.project.id, [...(names.get(scope.project.id) ?? []), role.name]);
    const roles: RoleIn[] = [];
    let isAdmin = above !== undefined && roleMap.isAdmin(namesOf(rolesIn(above).roles));
    for (const project of projectsOf(reached).projects) {
      const held = names.get(project.id) ?? [];
      const role = roleMap.inProject(held);
      if (!project.enabled || role === undefined) continue;
      const of = await domain(project.domain_id);
      if (!of?.isEnabled) continue;
      const named = { ...project, domain: { id: project.domain_id, name: of.name } };
      roles.push({ project: knownIn(named), role });
      isAdmin ||= roleMap.isAdmin(held) && roleMap.isAdminProject(named);
    }
    return { isAdmin, roles };
  };

  const standing = (id: string): Promise<Standing | undefined> =>
    people.get(
      id,
      (startedMs) =>
        measured("person", async () => {
          const found = await look({ method: "GET", path: `/users/${id}` });
          if (found === undefined) return undefined;
          const { user } = userOf(found);
          const of = user.enabled ? await domain(user.domain_id) : undefined;
          if (!of?.isEnabled) return undefined;
          const named = { ...user, domain: { id: user.domain_id, name: of.name } };
          const freshUntilMs = startedMs + cacheForMs;
          return { user: knownIn(named), ...(await rolesOf(id)), freshUntilMs };
        }),
      holdFor,
    );

  /** Whom these prove: a token without a scope, so that it is good for no project's things. */
  const signIn = async (user: object, password: string): Promise<Proven | undefined> => {
    const { status, subject, body } = await asking.ask({
      method: "POST",
      path: "/auth/tokens?nocatalog",
      body: {
        auth: {
          identity: { methods: ["password"], password: { user: { ...user, password } } },
          scope: "unscoped",
        },
      },
    });
    if (status === 201 && subject !== undefined) {
      const { token } = tokenOf(body);
      return {
        id: token.user.id,
        bond: { token: subject, expiresAtMs: Date.parse(token.expires_at) },
      };
    }
    if (status === 400 || status === 401 || status === 403 || status === 404) return undefined;
    throw fail("identity.unavailable", {}, `status ${status}`);
  };

  const prove = async ({ by, key }: Called, password: string): Promise<Proven | undefined> => {
    if (by === "id") return signIn({ id: key }, password);
    const own = await signIn({ name: key, domain: { id: home } }, password);
    const at = key.lastIndexOf("@");
    if (own || at <= 0 || at === key.length - 1) return own;
    return signIn({ name: key.slice(0, at), domain: { name: key.slice(at + 1) } }, password);
  };

  return {
    name: "keystone",
    managedAt: url,
    isToken: (text) => fernet.test(text),
    prove: (user, password) => measured("sign-in", () => prove(user, password)),
    judge,
    standing: async (id) => (idForm.test(id) ? standing(id) : undefined),
    async end(token) {
      // By itself: the cloud's own account need not be allowed to.
      const { status } = await asking.ask({
        ...{ method: "DELETE", path: "/auth/tokens" },
        ...{ token, subject: token },
      });
      tokens.forget(sha256Hex(token));
      if (status !== 204 && status !== 401 && status !== 404)
        throw fail("identity.unavailable", {}, `status ${status}`);
    },
    isReachable: asking.isReachable,
    register: (entry) =>
      measured(
        "catalogue",
        () => registerIn(asService, entry),
        () => "answered",
      ),
    stop: asking.close,
  };
};
