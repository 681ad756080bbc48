// Lists: projects, users, roles, who has which; the one domain; what the catalogue is made of. Read only: people and projects are
// made by `/api`.
import { fail } from "@s4t/contract";
import type {
  Assignment,
  Directory,
  Listed,
  ListedProject,
  ListedUser,
} from "../../edge/identity.ts";
import { catalogueOf } from "./catalogue.ts";
import type { V3Answer, V3Request, V3Route } from "./row.ts";
import { allRoles, domain, isOurDomain, ourRole, roleOf } from "./words.ts";

/** A project as the API shows it. */
export const shownProject = (
  { uuid, name, description }: ListedProject,
  { base }: Pick<V3Request, "base">,
) => ({
  ...{ id: uuid, name, description, enabled: true },
  ...{ domain_id: domain.id, parent_id: domain.id, is_domain: false },
  ...{ tags: [], options: {}, links: { self: `${base}/projects/${uuid}` } },
});

const shownUser = ({ uuid, name, mail, isActive }: ListedUser, { base }: V3Request) => ({
  ...{ id: uuid, name, enabled: isActive, domain_id: domain.id },
  ...(mail === null ? {} : { email: mail }),
  ...{ password_expires_at: null, options: {}, links: { self: `${base}/users/${uuid}` } },
});

const shownDomain = ({ base }: V3Request) => ({
  ...domain,
  ...{ description: "", enabled: true, tags: [], options: {} },
  links: { self: `${base}/domains/${domain.id}` },
});

const shownAssignment = ({ user, project, role }: Assignment, request: V3Request) => {
  const named = isTrue(request.query.include_names);
  const more = (name: string) => (named ? { name, domain } : {});
  const { id, name } = roleOf(role);
  return {
    scope: project
      ? { project: { id: project.uuid, ...more(project.name) } }
      : { system: { all: true } },
    user: { id: user.uuid, ...more(user.name) },
    role: { id, ...(named ? { name } : {}) },
    links: {
      assignment: project
        ? `${request.base}/projects/${project.uuid}/users/${user.uuid}/roles/${id}`
        : `${request.base}/system/users/${user.uuid}/roles/${id}`,
    },
  };
};

/** A flag of a query: there, and not said to be false. */
const isTrue = (value: string | undefined): boolean =>
  value !== undefined && !["0", "false", "no", "off"].includes(value.toLowerCase());

/** Whether a list of what is in the one domain, and enabled, can have any row by these filters. */
const mayMatch = ({ query }: V3Request): boolean =>
  (query.domain_id === undefined || isOurDomain({ id: query.domain_id })) &&
  !(query.is_domain !== undefined && isTrue(query.is_domain)) &&
  query["group.id"] === undefined;

/** Members that services and endpoints are looked for by. */
const catalogueFilters = ["type", "name", "service_id", "interface", "region_id"] as const;

const none = { rows: [], isCut: false } as const;

const collection = (
  name: string,
  request: V3Request,
  shown: readonly unknown[],
  isCut = false,
): V3Answer => ({
  body: {
    [name]: shown,
    links: { self: `${request.base}/${name}`, previous: null, next: null },
    ...(isCut ? { truncated: true } : {}),
  },
});

const oneOf = <Row extends { readonly id: string }>(
  rows: readonly Row[],
  id: string | undefined,
): Row => {
  const found = rows.find((row) => row.id === id);
  if (!found) throw fail("request.not-found");
  return found;
};

/** Makes the routes. `region`: of the catalogue. */
export const directoryRoutes = (directory: Directory, region: string): readonly V3Route[] => {
  const get = (path: string, handle: V3Route["handle"]): V3Route => ({
    method: "GET",
    path,
    access: "actor",
    handle,
  });
  const inCatalogue = (noun: "services" | "endpoints" | "regions", one: string): V3Route[] => [
    get(`/${noun}`, (request) => {
      const rows: readonly Readonly<Record<string, unknown>>[] = catalogueOf(
        request.origin,
        region,
      )[noun];
      const isMeant = (row: Readonly<Record<string, unknown>>) =>
        catalogueFilters.every((name) => (request.query[name] ?? row[name]) === row[name]);
      return collection(noun, request, rows.filter(isMeant));
    }),
    get(`/${noun}/:id`, (request) => ({
      body: {
        [one]: oneOf<{ id: string }>(catalogueOf(request.origin, region)[noun], request.params.id),
      },
    })),
  ];

  return [
    get("/projects", async (request) => {
      const { rows, isCut }: Listed<ListedProject> =
        mayMatch(request) && isTrue(request.query.enabled ?? "1")
          ? await directory.projects(request.actor, request.query.name)
          : none;
      const shown = rows.map((row) => shownProject(row, request));
      return collection("projects", request, shown, isCut);
    }),
    get("/projects/:id", async (request) => ({
      body: {
        project: shownProject(
          await directory.project(request.actor, request.params.id ?? ""),
          request,
        ),
      },
    })),
    get("/users", async (request) => {
      const { enabled, name } = request.query;
      const found: Listed<ListedUser> = await directory.users(request.actor, name);
      const rows = mayMatch(request) ? found.rows : [];
      const shown = rows
        .filter(({ isActive }) => enabled === undefined || isActive === isTrue(enabled))
        .map((row) => shownUser(row, request));
      return collection("users", request, shown, found.isCut);
    }),
    get("/users/:id", async (request) => ({
      body: {
        user: shownUser(await directory.user(request.actor, request.params.id ?? ""), request),
      },
    })),
    get("/users/:id/projects", async (request) => {
      const { uuid } = await directory.user(request.actor, request.params.id ?? "");
      const { rows, isCut } = await directory.assignments(request.actor, { user: uuid });
      const shown = rows.flatMap(({ project }) =>
        project ? [shownProject({ ...project, description: "" }, request)] : [],
      );
      return collection("projects", request, shown, isCut);
    }),
    get("/roles", (request) => {
      const { name, domain_id: of } = request.query;
      // Roles of a domain are another thing, of which there is none.
      const rows =
        of === undefined ? allRoles.filter((role) => (name ?? role.name) === role.name) : [];
      return collection(
        "roles",
        request,
        rows.map((role) => shownRole(role, request)),
      );
    }),
    get("/roles/:id", (request) => ({
      body: { role: shownRole(oneOf(allRoles, request.params.id), request) },
    })),
    get("/role_assignments", async (request) => {
      const { query } = request;
      const role = query["role.id"];
      const isNone =
        !mayMatch(request) ||
        query["scope.domain.id"] !== undefined ||
        (role !== undefined && ourRole(role) === undefined);
      const { rows, isCut }: Listed<Assignment> = isNone
        ? none
        : await directory.assignments(request.actor, {
            user: query["user.id"],
            project: query["scope.project.id"],
          });
      const shown = rows
        .filter((row) => role === undefined || row.role === ourRole(role))
        .filter((row) => query["scope.system"] === undefined || row.project === null)
        .map((row) => shownAssignment(row, request));
      return collection("role_assignments", request, shown, isCut);
    }),
    get("/domains", (request) => {
      const { name, enabled } = request.query;
      const isMeant = isOurDomain({ name: name ?? domain.name }) && isTrue(enabled ?? "1");
      return collection("domains", request, isMeant ? [shownDomain(request)] : []);
    }),
    get("/domains/:id", (request) => ({
      body: { domain: oneOf([shownDomain(request)], request.params.id) },
    })),
    ...inCatalogue("services", "service"),
    ...inCatalogue("endpoints", "endpoint"),
    ...inCatalogue("regions", "region"),
  ];
};

const shownRole = (role: { readonly id: string; readonly name: string }, { base }: V3Request) => ({
  ...role,
  ...{ domain_id: null, description: null, options: {} },
  links: { self: `${base}/roles/${role.id}` },
});
