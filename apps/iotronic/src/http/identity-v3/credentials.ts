// Application credentials and one's own password: what a person may do about their own ways in.
import { type Credential, fail, MAX_PAGE_SIZE } from "@s4t/contract";
import type { IdentityVerbs } from "../../edge/identity.ts";
import { type Actor, denied, requireMay } from "../../policy/index.ts";
import { type CredentialBody, credentialBodyOf, passwordBodyOf } from "./bodies.ts";
import type { V3Request, V3Route } from "./row.ts";
import { momentOf, ourRole, rolesOf } from "./words.ts";

type Wanted = CredentialBody["application_credential"];
/** Roles that a credential can have, the strongest first. */
const strengths = ["manager", "user", "auditor"] as const;

const wrong = (member: string, because: string) =>
  fail("request.invalid", { where: `body/application_credential/${member}`, because });

/** What OpenStack's credentials can be and ours are not: refused, for without it they would be more than was asked for. */
const refuseWhatIsNot = (wanted: Wanted, project: string): void => {
  if (wanted.secret != null) throw wrong("secret", "is made by the cloud");
  if (wanted.unrestricted) throw wrong("unrestricted", "is not to be had");
  if (wanted.access_rules != null && wanted.access_rules.length > 0)
    throw wrong("access_rules", "are not to be had");
  if (wanted.project_id != null && wanted.project_id !== project)
    throw wrong("project_id", "is the project of the token");
};

/** The role of ours that the wanted ones amount to: the strongest, and no stronger than the actor's own. */
const roleFor = (wanted: Wanted, actor: Actor, project: string) => {
  const own = actor.admin ? "manager" : actor.roles.get(project as never);
  if (own === undefined) throw denied("credential.create");
  if (wanted.roles == null || wanted.roles.length === 0) return own;
  const meant = wanted.roles.map(({ id, name }) => {
    const role = ourRole(id ?? name ?? "");
    if (role === undefined) throw wrong("roles", "names a role that there is not");
    // An administrator's credential is its project's manager: none stands above projects.
    return role === "admin" ? (actor.admin ? "manager" : undefined) : role;
  });
  const strongest = strengths.find((role) => meant.includes(role));
  if (
    strongest === undefined ||
    meant.includes(undefined) ||
    strengths.indexOf(strongest) < strengths.indexOf(own)
  )
    throw wrong("roles", "names a role that is not yours in this project");
  return strongest;
};

/** `2027-01-01T00:00:00.000000` (UTC where it does not say) → seconds from now. */
const lifeOf = (text: string | null | undefined, nowMs: number): number | undefined => {
  if (text == null) return undefined;
  const isMoment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})?$/.test(
    text,
  );
  const ms = Date.parse(/(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`);
  if (!isMoment || Number.isNaN(ms)) throw wrong("expires_at", "is not a moment of ISO 8601");
  return Math.floor((ms - nowMs) / 1_000);
};

/** Makes the routes. `checkBody`: of the contract's own endpoint, whose bounds hold here too. */
export const credentialRoutes = (
  { credentials, scoped, sessions }: Pick<IdentityVerbs, "credentials" | "scoped" | "sessions">,
  now: () => number,
  checkBody: (
    body: unknown,
    where: string,
  ) => Parameters<IdentityVerbs["credentials"]["create"]>[2],
): readonly V3Route[] => {
  /** Only oneself: others' are as if they were not there. */
  const requireSelf = ({ actor, params }: V3Request): void => {
    if (params.user !== actor.uuid) throw fail("user.not-found");
  };
  const show = (row: Credential, { base, actor }: V3Request) => ({
    ...{ id: row.uuid, name: row.name, description: row.description, project_id: row.project },
    ...{ user_id: actor.uuid, unrestricted: false, system: null },
    roles: rolesOf([row.role]).map((role) => ({ ...role, domain_id: null })),
    expires_at: row.expiresAt === null ? null : momentOf(Date.parse(row.expiresAt)),
    links: { self: `${base}/users/${actor.uuid}/application_credentials/${row.uuid}` },
  });
  const all = async (actor: Actor): Promise<Credential[]> => {
    const found: Credential[] = [];
    for (let after: string | undefined; ; ) {
      const { items, next } = await credentials.list(actor, { limit: MAX_PAGE_SIZE, after });
      found.push(...items);
      if (next === null) return found;
      after = next;
    }
  };
  const path = "/users/:user/application_credentials";

  return [
    {
      method: "GET",
      path,
      access: "actor",
      async handle(request) {
        requireSelf(request);
        const { name } = request.query;
        const rows = (await all(request.actor)).filter((row) => (name ?? row.name) === row.name);
        const self = `${request.base}/users/${request.actor.uuid}/application_credentials`;
        return {
          body: {
            application_credentials: rows.map((row) => show(row, request)),
            links: { self, previous: null, next: null },
          },
        };
      },
    },
    {
      method: "POST",
      path,
      access: "actor",
      async handle(request) {
        requireSelf(request);
        const { actor } = request;
        const { application_credential: wanted } = credentialBodyOf(request.body());
        const { scope } = await scoped.own(actor);
        if (scope.kind !== "project") throw fail("project.needed");
        requireMay(actor, "credential.create", scope.uuid);
        refuseWhatIsNot(wanted, scope.uuid);
        const expiresInS = lifeOf(wanted.expires_at, now());
        const body = checkBody(
          {
            name: wanted.name,
            role: roleFor(wanted, actor, scope.uuid),
            ...(wanted.description == null ? {} : { description: wanted.description }),
            ...(expiresInS === undefined ? {} : { expiresInS }),
          },
          "application_credential",
        );
        const { secret, credential } = await credentials.create(actor, scope.uuid, body);
        const shown = { ...show(credential, request), secret };
        return { status: 201, body: { application_credential: shown } };
      },
    },
    {
      method: "GET",
      path: `${path}/:id`,
      access: "actor",
      async handle(request) {
        requireSelf(request);
        const row = (await all(request.actor)).find(({ uuid }) => uuid === request.params.id);
        if (!row) throw fail("credential.not-found");
        return { body: { application_credential: show(row, request) } };
      },
    },
    {
      method: "DELETE",
      path: `${path}/:id`,
      access: "actor",
      async handle(request) {
        requireSelf(request);
        await credentials.remove(request.actor, request.params.id ?? "");
        return { status: 204 };
      },
    },
    {
      method: "POST",
      path: "/users/:user/password",
      access: "actor",
      async handle(request) {
        requireSelf(request);
        const { user } = passwordBodyOf(request.body());
        await sessions.changePassword(request.actor, {
          current: user.original_password,
          next: user.password,
        });
        return { status: 204 };
      },
    },
  ];
};
