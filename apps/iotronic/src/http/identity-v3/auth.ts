// Tokens: made, looked at, ended; and what one may reach with them.
import { fail } from "@s4t/contract";
import type { Called, IdentityVerbs, Proof, TokenShown, WantedScope } from "../../edge/identity.ts";
import { type AuthBody, authBodyOf } from "./bodies.ts";
import { catalogueOf } from "./catalogue.ts";
import { shownProject } from "./directory.ts";
import type { V3Request, V3Route } from "./row.ts";
import { auditIdOf, domain, isOurDomain, momentOf, rolesOf } from "./words.ts";

/** The header that a token comes and goes in. */
const SUBJECT_HEADER = "x-subject-token";

type Identity = AuthBody["auth"]["identity"];
interface Named {
  readonly id?: string;
  readonly name?: string;
  readonly domain?: { readonly id?: string; readonly name?: string };
}

const wrong = (where: string, because: string) =>
  fail("request.invalid", { where: `body/auth/${where}`, because });

const calledOf = ({ id, name, domain: of }: Named, where: string): Called => {
  if (id !== undefined) return { by: "id", key: id };
  if (name === undefined) throw wrong(where, "needs an id, or a name and a domain");
  if (of === undefined) throw wrong(`${where}/domain`, "is needed beside a name");
  return { by: isOurDomain(of) ? "name" : "nobody", key: name };
};

type Method = "password" | "token" | "application_credential";
const isMethod = (name: string): name is Method =>
  name === "password" || name === "token" || name === "application_credential";

const proofOf = (identity: Identity): Proof | { method: "token"; token: string } => {
  const methods = new Set(identity.methods);
  const missing = (name = method) => wrong("identity", `needs the member ${name}`);
  // A second factor goes along with a password and proves nothing by itself.
  const hasTotp = methods.has("password") && methods.delete("totp");
  const [method = "", ...more] = methods;
  if (more.length > 0 || !isMethod(method)) throw fail("auth.failed");
  if (method === "token") {
    if (!identity.token) throw missing();
    return { method, token: identity.token.id };
  }
  if (method === "password") {
    if (!identity.password) throw missing();
    const { user } = identity.password;
    const proof = { method, password: user.password } as const;
    const called = calledOf(user, "identity/password/user");
    if (!hasTotp) return { ...proof, user: called };
    if (!identity.totp) throw missing("totp");
    const { passcode, ...of } = identity.totp.user;
    return {
      ...{ ...proof, user: called, code: passcode },
      codeOf: calledOf(of, "identity/totp/user"),
    };
  }
  const given = identity.application_credential;
  if (!given) throw missing();
  const where = "identity/application_credential";
  if (given.id !== undefined)
    return {
      method: "credential",
      credential: { by: "id", key: given.id },
      owner: undefined,
      secret: given.secret,
    };
  if (given.name === undefined || given.user === undefined)
    throw wrong(where, "needs an id, or a name and a user");
  return {
    method: "credential",
    credential: { by: "name", key: given.name },
    owner: calledOf(given.user, `${where}/user`),
    secret: given.secret,
  };
};

/** Nobody's project: what is refused as one that is not theirs. */
const elsewhere = (key: string): WantedScope => ({
  kind: "project",
  project: { by: "nobody", key },
});

const scopeOf = ({ scope, identity }: AuthBody["auth"]): WantedScope => {
  if (scope === undefined) return { kind: "same" };
  // A credential has its scope; asking for one is refused, its own too (Identity API v3, application credentials).
  if (identity.methods.includes("application_credential")) throw fail("auth.failed");
  if (scope === "unscoped") return { kind: "none" };
  if (Object.keys(scope).length !== 1) throw wrong("scope", "must name exactly one");
  if (scope.unscoped) return { kind: "none" };
  if (scope.system) return { kind: "system" };
  if (scope.project) return { kind: "project", project: calledOf(scope.project, "scope/project") };
  const named = scope.domain ?? {};
  return isOurDomain(named) ? { kind: "domain" } : elsewhere(named.id ?? named.name ?? "");
};

const hasCatalogue = ({ query }: V3Request): boolean => query.nocatalog === undefined;

/** Makes the routes. `region`: of the catalogue. */
export const authRoutes = (
  { scoped, directory }: Pick<IdentityVerbs, "scoped" | "directory">,
  region: string,
): readonly V3Route[] => {
  const catalogue = ({ origin }: V3Request) => catalogueOf(origin, region).catalog;

  const scopeMembers = (token: TokenShown): Readonly<Record<string, unknown>> => {
    const { scope } = token;
    if (scope.kind === "project")
      return { project: { id: scope.uuid, name: scope.name, domain }, is_domain: false };
    if (scope.kind === "domain") return { domain };
    return scope.kind === "system" ? { system: { all: true } } : {};
  };

  const show = (token: TokenShown, request: V3Request) => ({
    token: {
      methods: token.methods,
      user: {
        ...{ id: token.user.uuid, name: token.user.name },
        domain,
        password_expires_at: null,
      },
      audit_ids: [token.uuid, ...(token.parent === null ? [] : [token.parent])].map(auditIdOf),
      issued_at: momentOf(token.issuedAtMs),
      expires_at: momentOf(token.expiresAtMs),
      ...scopeMembers(token),
      ...(token.scope.kind === "none"
        ? {}
        : {
            roles: rolesOf(token.roles),
            ...(hasCatalogue(request) ? { catalog: catalogue(request) } : {}),
          }),
      ...(token.credential
        ? {
            application_credential: {
              ...{ id: token.credential.uuid, name: token.credential.name },
              restricted: true,
            },
          }
        : {}),
    },
  });

  const subjectOf = (request: V3Request): string => {
    const subject = request.header(SUBJECT_HEADER);
    if (subject === undefined || subject === "") throw fail("token.not-found");
    return subject;
  };

  return [
    {
      method: "POST",
      path: "/auth/tokens",
      access: "public",
      async handle(request) {
        const { auth } = authBodyOf(request.body());
        const made = await scoped.issue(proofOf(auth.identity), scopeOf(auth), request.address);
        return {
          status: 201,
          headers: { [SUBJECT_HEADER]: made.secret },
          body: show(made.token, request),
        };
      },
    },
    {
      method: "GET",
      path: "/auth/tokens",
      access: "actor",
      async handle(request) {
        const subject = subjectOf(request);
        const token = await scoped.show(request.actor, subject);
        return { headers: { [SUBJECT_HEADER]: subject }, body: show(token, request) };
      },
    },
    {
      method: "DELETE",
      path: "/auth/tokens",
      access: "actor",
      async handle(request) {
        await scoped.end(request.actor, subjectOf(request));
        return { status: 204 };
      },
    },
    {
      method: "GET",
      path: "/auth/catalog",
      access: "actor",
      async handle(request) {
        const token = await scoped.own(request.actor);
        // A catalogue is what a scope is good at.
        if (token.scope.kind === "none") throw fail("project.needed");
        return {
          body: { catalog: catalogue(request), links: { self: `${request.base}/auth/catalog` } },
        };
      },
    },
    {
      method: "GET",
      path: "/auth/projects",
      access: "actor",
      async handle(request) {
        const { rows, isCut } = await directory.projects(request.actor);
        return {
          body: {
            projects: rows.map((row) => shownProject(row, request)),
            links: { self: `${request.base}/auth/projects`, previous: null, next: null },
            ...(isCut ? { truncated: true } : {}),
          },
        };
      },
    },
    {
      method: "GET",
      path: "/auth/domains",
      access: "actor",
      handle: ({ actor, base }) => ({
        body: {
          domains: actor.admin ? [{ ...domain, description: "", enabled: true }] : [],
          links: { self: `${base}/auth/domains`, previous: null, next: null },
        },
      }),
    },
    {
      method: "GET",
      path: "/auth/system",
      access: "actor",
      handle: ({ actor, base }) => ({
        body: {
          system: actor.admin ? [{ all: true }] : [],
          links: { self: `${base}/auth/system` },
        },
      }),
    },
  ];
};
