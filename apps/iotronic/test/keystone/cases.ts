// Conformance to OpenStack's Identity API v3 as data: requests and what must come back, in order; each names what it is taken from.
// `{name}` stands for a variable: those of the estate (see runner.ts), and what earlier cases kept. Without `differs` a case holds
// for a Keystone too; with it, the reason says why ours answers otherwise.

/** A text, a pattern of one, or a value; members that are not named may be anything. */
export type Pattern =
  | string
  | number
  | boolean
  | null
  | RegExp
  | readonly Pattern[]
  | { readonly [member: string]: Pattern };

export interface Case {
  readonly name: string;
  /** Section of the Identity API v3 reference, or of Stack4Things' own behaviour. */
  readonly section: string;
  readonly send: {
    readonly method: "GET" | "HEAD" | "POST" | "DELETE" | "PUT";
    readonly path: string;
    /** Sent as `X-Auth-Token`. */
    readonly token?: string;
    readonly subject?: string;
    readonly body?: unknown;
    readonly raw?: string;
  };
  readonly status: number;
  readonly headers?: Readonly<Record<string, RegExp>>;
  readonly body?: Pattern;
  /** Lists that must have these among their rows, by path. */
  readonly has?: Readonly<Record<string, readonly Pattern[]>>;
  /** Paths that must not be there. */
  readonly absent?: readonly string[];
  /** Variables for later cases: a header by its name, or a path into the body. */
  readonly keep?: Readonly<Record<string, string>>;
  readonly differs?: string;
}

const uuid = /^[0-9a-f-]{32,36}$/;
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const domain = { id: "default", name: "Default" };
const unauthorized = {
  error: {
    code: 401,
    title: "Unauthorized",
    message: "The request you have made requires authentication.",
  },
};
const challenge = { "www-authenticate": /^Keystone uri="http.+"$/ };
const answered = {
  "content-type": /^application\/json$/,
  vary: /^X-Auth-Token$/i,
  "x-openstack-request-id": /^req-[0-9a-f-]{36}$/,
};
const refusal = (code: number, title: string): Pattern => ({
  error: { code, title, message: /./ },
});

const byPassword = (user: Record<string, unknown>, scope?: unknown) => ({
  auth: {
    identity: { methods: ["password"], password: { user } },
    ...(scope === undefined ? {} : { scope }),
  },
});
const admin = { name: "{adminUser}", domain, password: "{adminPassword}" };
const member = { name: "{user}", domain: { id: "default" }, password: "{password}" };
const inProject = (name: string) => ({ project: { name, domain: { name: "Default" } } });
const byToken = (id: string, scope?: unknown) => ({
  auth: {
    identity: { methods: ["token"], token: { id } },
    ...(scope === undefined ? {} : { scope }),
  },
});
const post = (body: unknown, token?: string) => ({
  method: "POST" as const,
  path: "/v3/auth/tokens",
  body,
  ...(token === undefined ? {} : { token }),
});
const get = (path: string, token: string) => ({ method: "GET" as const, path, token });

const version = {
  id: /^v3\.\d+$/,
  status: "stable",
  links: [{ rel: "self", href: /\/v3\/$/ }],
  "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }],
};

const discovery: readonly Case[] = [
  {
    name: "the root lists the versions",
    section: "Versions: List versions",
    send: { method: "GET", path: "/" },
    status: 300,
    headers: { vary: answered.vary },
    body: { versions: { values: [version] } },
  },
  {
    name: "a version describes itself",
    section: "Versions: Show v3 API version details",
    send: { method: "GET", path: "/v3" },
    status: 200,
    headers: answered,
    body: { version },
  },
  {
    name: "a version describes itself behind a slash too",
    section: "Versions: Show v3 API version details",
    send: { method: "GET", path: "/v3/" },
    status: 200,
    body: { version },
  },
];

const signingIn: readonly Case[] = [
  {
    name: "a password and a project's name make a token of that project",
    section: "Tokens: Password authentication with scoped authorization",
    send: post(byPassword(admin, inProject("{adminProject}"))),
    status: 201,
    headers: { ...answered, "x-subject-token": /^[\w.~+/=-]{32,255}$/ },
    body: {
      token: {
        methods: ["password"],
        user: { id: uuid, name: /^{adminUser}$/, domain },
        project: { id: uuid, name: /^{adminProject}$/, domain },
        is_domain: false,
        issued_at: moment,
        expires_at: moment,
        audit_ids: [/^[\w-]{22}$/],
      },
    },
    has: {
      "token.roles": [{ id: /./, name: "admin" }],
      "token.catalog": [
        { type: "identity", id: /^[0-9a-f]{32}$/, name: "keystone" },
        { type: "iot", name: "Iotronic" },
      ],
    },
    keep: {
      adminToken: "x-subject-token",
      adminId: "token.user.id",
      adminProjectId: "token.project.id",
    },
  },
  {
    name: "ids do as well as names",
    section: "Tokens: Password authentication with scoped authorization",
    send: post(
      byPassword(
        { id: "{adminId}", password: "{adminPassword}" },
        { project: { id: "{adminProjectId}" } },
      ),
    ),
    status: 201,
    body: { token: { project: { id: /^{adminProjectId}$/ }, user: { id: /^{adminId}$/ } } },
  },
  {
    name: "a member's token has the member's roles",
    section: "Tokens: Password authentication with scoped authorization",
    send: post(byPassword(member, inProject("{project}"))),
    status: 201,
    body: { token: { project: { name: /^{project}$/ } } },
    has: { "token.roles": [{ name: "member" }] },
    keep: {
      memberToken: "x-subject-token",
      memberId: "token.user.id",
      projectId: "token.project.id",
    },
  },
  {
    name: "without a scope a token has none: no project, no roles, no catalogue",
    section: "Tokens: Password authentication with unscoped authorization",
    send: post(byPassword(member)),
    status: 201,
    body: { token: { methods: ["password"], user: { id: /^{memberId}$/ } } },
    absent: ["token.project", "token.roles", "token.catalog", "token.domain", "token.system"],
    keep: { unscoped: "x-subject-token", unscopedEnds: "token.expires_at" },
  },
  {
    name: "no scope can be asked for by its word",
    section: "Tokens: Password authentication with explicit unscoped authorization",
    send: post(byPassword(member, "unscoped")),
    status: 201,
    absent: ["token.project", "token.roles", "token.catalog"],
  },
  {
    name: "an administrator's token may be of the domain",
    section: "Tokens: Password authentication with scoped authorization (domain)",
    send: post(byPassword(admin, { domain: { id: "default" } })),
    status: 201,
    body: { token: { domain } },
    has: { "token.roles": [{ name: "admin" }] },
    absent: ["token.project"],
    differs: "a fresh Keystone has given nobody a role on its domain",
  },
  {
    name: "an administrator's token may be of the system",
    section: "Tokens: Password authentication with scoped authorization (system)",
    send: post(byPassword(admin, { system: { all: true } })),
    status: 201,
    body: { token: { system: { all: true } } },
    absent: ["token.project", "token.domain"],
  },
  {
    name: "the catalogue can be left out",
    section: "Tokens: nocatalog",
    send: {
      ...post(byPassword(member, inProject("{project}"))),
      path: "/v3/auth/tokens?nocatalog",
    },
    status: 201,
    body: { token: { project: { name: /^{project}$/ } } },
    absent: ["token.catalog"],
  },
];

const refused: readonly Case[] = [
  {
    name: "a wrong password is not told from anything else that is wrong",
    section: "Tokens: 401",
    send: post(byPassword({ ...member, password: "not that one" }, inProject("{project}"))),
    status: 401,
    headers: { ...answered, ...challenge },
    body: unauthorized,
  },
  {
    name: "a user who is not there is refused in the same words",
    section: "Tokens: 401",
    send: post(byPassword({ ...member, name: "nobody-by-that-name" }, inProject("{project}"))),
    status: 401,
    headers: challenge,
    body: unauthorized,
  },
  {
    name: "so is one of another domain",
    section: "Tokens: 401",
    send: post(byPassword({ ...member, domain: { name: "elsewhere" } })),
    status: 401,
    body: unauthorized,
  },
  {
    name: "a right password makes up for no wrong one before it",
    section: "Tokens: Password authentication with unscoped authorization",
    send: post(byPassword(member)),
    status: 201,
  },
  {
    name: "a project that is somebody else's is refused as a wrong password is",
    section: "Tokens: 401",
    send: post(byPassword(member, inProject("{other}"))),
    status: 401,
    body: unauthorized,
  },
  {
    name: "a project that is not there is refused as a wrong password is",
    section: "Tokens: 401",
    send: post(byPassword(member, inProject("no-such-project"))),
    status: 401,
    body: unauthorized,
  },
  {
    name: "a member has no token of the system",
    section: "Tokens: 401",
    send: post(byPassword(member, { system: { all: true } })),
    status: 401,
    body: unauthorized,
  },
  {
    name: "a member has no token of the domain",
    section: "Tokens: 401",
    send: post(byPassword(member, { domain: { id: "default" } })),
    status: 401,
    body: unauthorized,
  },
  {
    name: "a method that there is not is no way in",
    section: "Tokens: 401",
    send: post({ auth: { identity: { methods: ["smile"], smile: { wide: true } } } }),
    status: 401,
  },
  {
    name: "a token that is none is no way in",
    section: "Tokens: Token authentication with unscoped authorization",
    send: post(byToken("not-a-token")),
    status: 401,
    headers: challenge,
    body: unauthorized,
    differs: "Keystone says 404; who is not known hears one sentence here",
  },
  {
    name: "a name needs its domain",
    section: "Tokens: 400",
    send: post(byPassword({ name: "{user}", password: "{password}" })),
    status: 400,
    body: refusal(400, "Bad Request"),
  },
  {
    name: "a method that is named needs its member",
    section: "Tokens: 400",
    send: post({ auth: { identity: { methods: ["password"] } } }),
    status: 400,
    body: refusal(400, "Bad Request"),
  },
  {
    name: "a body without auth is none",
    section: "Tokens: 400",
    send: post({}),
    status: 400,
    body: refusal(400, "Bad Request"),
  },
  {
    name: "two scopes are no scope",
    section: "Tokens: 400",
    send: post(byPassword(member, { project: { id: "{projectId}" }, domain: { id: "default" } })),
    status: 400,
    body: refusal(400, "Bad Request"),
  },
  {
    name: "what is no JSON is refused in the API's own words",
    section: "Tokens: 400",
    send: { method: "POST", path: "/v3/auth/tokens", raw: "{auth" },
    status: 400,
    headers: answered,
    body: refusal(400, "Bad Request"),
  },
  {
    name: "a password beyond measure is refused and not tried",
    section: "Tokens: 400",
    send: post(byPassword({ ...member, password: "x".repeat(1_025) })),
    status: 400,
    differs: "Keystone cuts or hashes it, by its configuration",
  },
];

const rescoping: readonly Case[] = [
  {
    name: "a token without a scope makes one of a project, that ends when it does",
    section: "Tokens: Token authentication with scoped authorization",
    send: post(byToken("{unscoped}", { project: { id: "{projectId}" } })),
    status: 201,
    body: {
      token: { project: { id: /^{projectId}$/ }, expires_at: /^{unscopedEnds}$/ },
    },
    has: { "token.methods": ["token", "password"], "token.roles": [{ name: "member" }] },
    keep: { rescoped: "x-subject-token", audit: "token.audit_ids.1" },
  },
  {
    name: "a token that was made of one says which",
    section: "Tokens: Validate and show information for token (audit_ids)",
    send: { method: "GET", path: "/v3/auth/tokens", token: "{rescoped}", subject: "{unscoped}" },
    status: 200,
    body: { token: { audit_ids: [/^{audit}$/] } },
  },
  {
    name: "no token makes one of somebody else's project",
    section: "Tokens: 401",
    send: post(byToken("{unscoped}", inProject("{other}"))),
    status: 401,
    body: unauthorized,
  },
  {
    name: "a token of a project makes another of the same",
    section: "Tokens: Token authentication with scoped authorization",
    send: post(byToken("{rescoped}", { project: { id: "{projectId}" } })),
    status: 201,
    body: { token: { project: { id: /^{projectId}$/ } } },
  },
  {
    name: "a token of a project makes none of another one",
    section: "Tokens: 403 (allow_rescope_scoped_token = false)",
    send: post(byToken("{rescoped}", inProject("{other}"))),
    status: 403,
    body: refusal(403, "Forbidden"),
    differs: "Keystone allows it unless configured otherwise; here a scope is a bound",
  },
  {
    name: "a token of a project makes none without a bound",
    section: "Tokens: 403 (allow_rescope_scoped_token = false)",
    send: post(byToken("{rescoped}", "unscoped")),
    status: 403,
    differs: "Keystone allows it unless configured otherwise; here a scope is a bound",
  },
];

const validating: readonly Case[] = [
  {
    name: "a token tells of itself",
    section: "Tokens: Validate and show information for token",
    send: {
      method: "GET",
      path: "/v3/auth/tokens",
      token: "{memberToken}",
      subject: "{memberToken}",
    },
    status: 200,
    headers: { ...answered, "x-subject-token": /^{memberToken}$/ },
    body: { token: { user: { id: /^{memberId}$/ }, project: { id: /^{projectId}$/ } } },
    has: { "token.catalog": [{ type: "identity" }] },
  },
  {
    name: "an administrator validates anybody's token, without the catalogue where it is not wanted",
    section: "Tokens: Validate and show information for token",
    send: {
      method: "GET",
      path: "/v3/auth/tokens?nocatalog",
      token: "{adminToken}",
      subject: "{memberToken}",
    },
    status: 200,
    body: { token: { user: { name: /^{user}$/ } } },
    absent: ["token.catalog"],
  },
  {
    name: "a token can be checked without being shown",
    section: "Tokens: Check token",
    send: {
      method: "HEAD",
      path: "/v3/auth/tokens",
      token: "{adminToken}",
      subject: "{memberToken}",
    },
    status: 200,
    headers: { "x-subject-token": /^{memberToken}$/ },
  },
  {
    name: "a token that is none is not found",
    section: "Tokens: Validate and show information for token, 404",
    send: { method: "GET", path: "/v3/auth/tokens", token: "{adminToken}", subject: "altered" },
    status: 404,
    body: refusal(404, "Not Found"),
  },
  {
    name: "somebody else's token is not found either",
    section: "Tokens: Validate and show information for token",
    send: {
      method: "GET",
      path: "/v3/auth/tokens",
      token: "{memberToken}",
      subject: "{adminToken}",
    },
    status: 404,
    body: refusal(404, "Not Found"),
    differs: "Keystone says 403, and so that the token is one",
  },
  {
    name: "nothing is said without a token",
    section: "Tokens: 401",
    send: { method: "GET", path: "/v3/auth/tokens", subject: "{memberToken}" },
    status: 401,
    headers: { ...answered, ...challenge },
    body: unauthorized,
  },
  {
    name: "nothing is said to a token that is none",
    section: "Tokens: 401",
    send: { method: "GET", path: "/v3/auth/tokens", token: "altered", subject: "{memberToken}" },
    status: 401,
    headers: challenge,
    body: unauthorized,
  },
  {
    name: "a scope has a catalogue",
    section: "Auth: Get service catalog",
    send: get("/v3/auth/catalog", "{memberToken}"),
    status: 200,
    headers: answered,
    has: {
      catalog: [
        {
          type: "iot",
          endpoints: ["public", "internal", "admin"].map((face) => ({
            interface: face,
            region: /./,
            region_id: /./,
            url: /^https?:\/\/.*[^/v1]$/,
            id: uuid,
          })),
        },
      ],
    },
  },
  {
    name: "no scope has no catalogue",
    section: "Auth: Get service catalog, 403",
    send: get("/v3/auth/catalog", "{unscoped}"),
    status: 403,
    body: refusal(403, "Forbidden"),
  },
  {
    name: "one hears which projects one can have a token of",
    section: "Auth: Get available project scopes",
    send: get("/v3/auth/projects", "{unscoped}"),
    status: 200,
    body: { projects: [{ id: /^{projectId}$/, name: /^{project}$/, enabled: true }] },
  },
  {
    name: "a member has no domain to have a token of",
    section: "Auth: Get available domain scopes",
    send: get("/v3/auth/domains", "{unscoped}"),
    status: 200,
    body: { domains: [] },
  },
];

const lists: readonly Case[] = [
  {
    name: "an administrator sees all projects",
    section: "Projects: List projects",
    send: get("/v3/projects", "{adminToken}"),
    status: 200,
    headers: answered,
    body: { links: { next: null, previous: null, self: /\/v3\/projects$/ } },
    has: {
      projects: [
        { name: /^{project}$/, domain_id: "default", enabled: true, is_domain: false },
        { name: /^{other}$/ },
      ],
    },
  },
  {
    name: "a project is found by its name",
    section: "Projects: List projects (name)",
    send: get("/v3/projects?name={other}&domain_id=default", "{adminToken}"),
    status: 200,
    body: { projects: [{ name: /^{other}$/ }] },
    keep: { otherId: "projects.0.id" },
  },
  {
    name: "another domain has no projects",
    section: "Projects: List projects (domain_id)",
    send: get("/v3/projects?domain_id=elsewhere", "{adminToken}"),
    status: 200,
    body: { projects: [] },
  },
  {
    name: "a project is shown by its id",
    section: "Projects: Show project details",
    send: get("/v3/projects/{projectId}", "{memberToken}"),
    status: 200,
    body: { project: { id: /^{projectId}$/, description: /^/, links: { self: /./ } } },
  },
  {
    name: "a member sees the projects that are theirs",
    section: "Projects: List projects",
    send: get("/v3/projects", "{memberToken}"),
    status: 200,
    body: { projects: [{ id: /^{projectId}$/ }] },
    differs: "Keystone refuses the list; what is theirs is no secret to them",
  },
  {
    name: "somebody else's project is not found",
    section: "Projects: Show project details",
    send: get("/v3/projects/{otherId}", "{memberToken}"),
    status: 404,
    body: refusal(404, "Not Found"),
    differs: "Keystone says 403, and so that there is one",
  },
  {
    name: "an administrator sees all users",
    section: "Users: List users",
    send: get("/v3/users", "{adminToken}"),
    status: 200,
    has: {
      users: [
        { id: /^{memberId}$/, name: /^{user}$/, domain_id: "default", enabled: true },
        { id: /^{adminId}$/ },
      ],
    },
  },
  {
    name: "a user is found by the name",
    section: "Users: List users (name)",
    send: get("/v3/users?name={user}", "{adminToken}"),
    status: 200,
    body: { users: [{ id: /^{memberId}$/ }] },
  },
  {
    name: "a member sees no users",
    section: "Users: List users, 403",
    send: get("/v3/users", "{memberToken}"),
    status: 403,
    body: refusal(403, "Forbidden"),
  },
  {
    name: "a member sees themselves",
    section: "Users: Show user details",
    send: get("/v3/users/{memberId}", "{memberToken}"),
    status: 200,
    body: { user: { id: /^{memberId}$/, name: /^{user}$/ } },
  },
  {
    name: "a member's own projects",
    section: "Users: List projects for user",
    send: get("/v3/users/{memberId}/projects", "{memberToken}"),
    status: 200,
    body: { projects: [{ id: /^{projectId}$/ }] },
  },
  {
    name: "somebody else is not found",
    section: "Users: Show user details",
    send: get("/v3/users/{adminId}", "{memberToken}"),
    status: 404,
    differs: "Keystone says 403, and so that there is one",
  },
  {
    name: "an administrator sees the roles, by the original's names and by OpenStack's",
    section: "Roles: List roles; Stack4Things: roles and policies",
    send: get("/v3/roles", "{adminToken}"),
    status: 200,
    has: { roles: [{ name: "admin" }, { name: "member" }, { name: "reader" }] },
  },
  {
    name: "a role is found by its name",
    section: "Roles: List roles (name)",
    send: get("/v3/roles?name=member", "{adminToken}"),
    status: 200,
    body: { roles: [{ name: "member" }] },
  },
  {
    name: "roles of the original are there",
    section: "Stack4Things: roles and policies",
    send: get("/v3/roles", "{adminToken}"),
    status: 200,
    has: {
      roles: [
        { name: "admin_iot_project" },
        { name: "manager_iot_project" },
        { name: "user_iot" },
        { name: "administrator" },
      ],
    },
    differs: "a fresh Keystone has them when somebody makes them",
  },
  {
    name: "who has which role where",
    section: "Role assignments: List role assignments",
    send: get("/v3/role_assignments?scope.project.id={projectId}", "{adminToken}"),
    status: 200,
    body: {
      role_assignments: [
        {
          user: { id: /^{memberId}$/ },
          scope: { project: { id: /^{projectId}$/ } },
          role: { id: /./ },
          links: { assignment: /\/projects\/{projectId}\/users\/{memberId}\/roles\// },
        },
      ],
    },
    absent: ["role_assignments.0.user.name"],
  },
  {
    name: "with names where they are wanted",
    section: "Role assignments: List role assignments (include_names)",
    send: get("/v3/role_assignments?user.id={memberId}&include_names=True", "{adminToken}"),
    status: 200,
    body: {
      role_assignments: [
        {
          user: { name: /^{user}$/, domain },
          scope: { project: { name: /^{project}$/, domain } },
          role: { name: /./ },
        },
      ],
    },
  },
  {
    name: "administrators stand above projects",
    section: "Role assignments: List role assignments (scope.system)",
    send: get("/v3/role_assignments?scope.system=all&user.id={adminId}", "{adminToken}"),
    status: 200,
    body: { role_assignments: [{ scope: { system: { all: true } }, user: { id: /^{adminId}$/ } }] },
  },
  {
    name: "a member sees who is with them, and nobody else",
    section: "Role assignments: List role assignments",
    send: get("/v3/role_assignments", "{memberToken}"),
    status: 200,
    body: { role_assignments: [{ user: { id: /^{memberId}$/ } }] },
    differs: "Keystone refuses the list to whoever is no administrator",
  },
  {
    name: "a member's look at another project's roles finds nothing",
    section: "Role assignments: List role assignments",
    send: get("/v3/role_assignments?scope.project.id={adminProjectId}", "{memberToken}"),
    status: 200,
    body: { role_assignments: [] },
    differs: "Keystone refuses the list to whoever is no administrator",
  },
  {
    name: "there is one domain",
    section: "Domains: List domains",
    send: get("/v3/domains", "{adminToken}"),
    status: 200,
    body: { domains: [{ ...domain, enabled: true }] },
  },
  {
    name: "services are listed",
    section: "Services: List services",
    send: get("/v3/services?type=iot", "{adminToken}"),
    status: 200,
    body: { services: [{ type: "iot", name: "Iotronic", enabled: true }] },
    keep: { iotId: "services.0.id" },
  },
  {
    name: "and where they are",
    section: "Endpoints: List endpoints",
    send: get("/v3/endpoints?service_id={iotId}&interface=public", "{adminToken}"),
    status: 200,
    body: { endpoints: [{ interface: "public", service_id: /^{iotId}$/, url: /[^/v1]$/ }] },
  },
];

const credentialsPath = "/v3/users/{memberId}/application_credentials";
const make = (more: Record<string, unknown>, token = "{memberToken}") => ({
  method: "POST" as const,
  path: credentialsPath,
  token,
  body: { application_credential: { name: "robot", ...more } },
});
const byCredential = (credential: Record<string, unknown>, scope?: unknown) => ({
  auth: {
    identity: { methods: ["application_credential"], application_credential: credential },
    ...(scope === undefined ? {} : { scope }),
  },
});

const credentials: readonly Case[] = [
  {
    name: "a member makes a credential, and sees its secret once",
    section: "Application credentials: Create application credential",
    send: make({
      description: "sweeps at night",
      roles: [{ name: "member" }],
      unrestricted: false,
    }),
    status: 201,
    headers: answered,
    body: {
      application_credential: {
        id: uuid,
        name: "robot",
        description: "sweeps at night",
        project_id: /^{projectId}$/,
        unrestricted: false,
        expires_at: null,
        secret: /^[\w-]{43,}$/,
      },
    },
    has: { "application_credential.roles": [{ name: "member" }] },
    keep: { robot: "application_credential.id", secret: "application_credential.secret" },
  },
  {
    name: "a name is taken once",
    section: "Application credentials: Create application credential, 409",
    send: make({}),
    status: 409,
    body: refusal(409, "Conflict"),
  },
  {
    name: "a credential is listed without its secret",
    section: "Application credentials: List application credentials",
    send: get(`${credentialsPath}?name=robot`, "{memberToken}"),
    status: 200,
    body: { application_credentials: [{ id: /^{robot}$/, description: "sweeps at night" }] },
    absent: ["application_credentials.0.secret"],
  },
  {
    name: "and shown without it",
    section: "Application credentials: Show application credential details",
    send: get(`${credentialsPath}/{robot}`, "{memberToken}"),
    status: 200,
    body: { application_credential: { name: "robot" } },
    absent: ["application_credential.secret"],
  },
  {
    name: "a program signs in with it, into its project",
    section: "Tokens: Authenticating with an application credential",
    send: post(byCredential({ id: "{robot}", secret: "{secret}" })),
    status: 201,
    body: {
      token: {
        methods: ["application_credential"],
        user: { id: /^{memberId}$/ },
        project: { id: /^{projectId}$/ },
        application_credential: { id: /^{robot}$/, name: "robot", restricted: true },
      },
    },
    keep: { robotToken: "x-subject-token" },
  },
  {
    name: "by its name and its owner, too",
    section: "Tokens: Authenticating with an application credential",
    send: post(
      byCredential({ name: "robot", secret: "{secret}", user: { name: "{user}", domain } }),
    ),
    status: 201,
    body: { token: { application_credential: { id: /^{robot}$/ } } },
  },
  {
    name: "a wrong secret is a wrong password",
    section: "Tokens: 401",
    send: post(byCredential({ id: "{robot}", secret: "{robot}" })),
    status: 401,
    body: unauthorized,
  },
  {
    name: "a credential has its scope, and asks for none",
    section: "Tokens: Authenticating with an application credential",
    send: post(
      byCredential({ id: "{robot}", secret: "{secret}" }, { project: { id: "{projectId}" } }),
    ),
    status: 401,
  },
  {
    name: "a restricted credential makes no other",
    section: "Application credentials: restricted",
    send: make({ name: "robot's robot" }, "{robotToken}"),
    status: 403,
    body: refusal(403, "Forbidden"),
  },
  {
    name: "a restricted credential removes none",
    section: "Application credentials: restricted",
    send: { method: "DELETE", path: `${credentialsPath}/{robot}`, token: "{robotToken}" },
    status: 403,
  },
  {
    name: "a credential has no more than its maker",
    section: "Application credentials: Create application credential, 400",
    send: make({ name: "climber", roles: [{ name: "admin" }] }),
    status: 400,
    body: refusal(400, "Bad Request"),
  },
  {
    name: "a credential has no stronger role in its project than its maker",
    section: "Application credentials: Create application credential, 400",
    send: make({ name: "climber", roles: [{ name: "member" }, { name: "admin_iot_project" }] }),
    status: 400,
    body: refusal(400, "Bad Request"),
    differs: "a fresh Keystone does not know the role at all",
  },
  {
    name: "a credential that is not restricted is not to be had",
    section: "Application credentials: unrestricted",
    send: make({ name: "free", unrestricted: true }),
    status: 400,
    differs: "Keystone has them",
  },
  {
    name: "access rules are refused, and not passed over",
    section: "Application credentials: access rules",
    send: make({
      name: "narrow",
      access_rules: [{ path: "/v1/boards", method: "GET", service: "iot" }],
    }),
    status: 400,
    differs: "Keystone has them",
  },
  {
    name: "nobody chooses a secret",
    section: "Application credentials: Create application credential",
    send: make({ name: "own", secret: "hunter2" }),
    status: 400,
    differs: "Keystone takes it; ours are stored as the hashes of secrets that nobody can guess",
  },
  {
    name: "nobody says more of a credential than there is to say",
    section: "Application credentials: Create application credential",
    send: make({ name: "assigned", user_id: "{adminId}" }),
    status: 400,
    differs: "Keystone passes over what it does not know",
  },
  {
    name: "a credential for another project is not to be had",
    section: "Application credentials: Create application credential",
    send: make({ name: "assigned", project_id: "{adminProjectId}" }),
    status: 400,
    differs: "Keystone passes over it",
  },
  {
    name: "an end that has been is none",
    section: "Application credentials: Create application credential, 400",
    send: make({ name: "late", expires_at: "2020-01-01T00:00:00.000000" }),
    status: 400,
  },
  {
    name: "a credential needs a project",
    section: "Application credentials: Create application credential",
    send: make({ name: "nowhere" }, "{unscoped}"),
    status: 403,
    differs: "Keystone says 400 or 403, by its release",
  },
  {
    name: "nobody makes one for somebody else",
    section: "Application credentials: Create application credential, 403",
    send: { ...make({}), path: "/v3/users/{adminId}/application_credentials" },
    status: 404,
    differs: "Keystone says 403, and so that there is such a user",
  },
  {
    name: "a credential is removed by its owner",
    section: "Application credentials: Delete application credential",
    send: { method: "DELETE", path: `${credentialsPath}/{robot}`, token: "{memberToken}" },
    status: 204,
  },
  {
    name: "what signed in with it is out",
    section: "Application credentials: Delete application credential",
    send: get("/v3/auth/catalog", "{robotToken}"),
    status: 401,
    headers: challenge,
    body: unauthorized,
    differs: "Keystone says 404, and which credential it was",
  },
  {
    name: "and nobody signs in with it again",
    section: "Tokens: 401",
    send: post(byCredential({ id: "{robot}", secret: "{secret}" })),
    status: 401,
    differs: "Keystone says 404, and so which ids there are",
  },
];

const ending: readonly Case[] = [
  {
    name: "a path that there is not is not found, in the API's words",
    section: "404",
    send: get("/v3/no-such-thing", "{adminToken}"),
    status: 404,
    body: refusal(404, "Not Found"),
    differs: "Keystone answers with a page of HTML",
  },
  {
    name: "a method that there is not is named",
    section: "405",
    send: { method: "PUT", path: "/v3/auth/tokens", token: "{adminToken}", body: {} },
    status: 405,
    headers: { allow: /POST/ },
  },
  {
    name: "an administrator ends somebody's token",
    section: "Tokens: Revoke token",
    send: {
      method: "DELETE",
      path: "/v3/auth/tokens",
      token: "{adminToken}",
      subject: "{memberToken}",
    },
    status: 204,
  },
  {
    name: "an ended token is none",
    section: "Tokens: Validate and show information for token, 404",
    send: {
      method: "GET",
      path: "/v3/auth/tokens",
      token: "{adminToken}",
      subject: "{memberToken}",
    },
    status: 404,
  },
  {
    name: "an ended token opens nothing",
    section: "Tokens: 401",
    send: get("/v3/auth/projects", "{memberToken}"),
    status: 401,
    body: unauthorized,
  },
  {
    name: "an ended token makes no other",
    section: "Tokens: 401",
    send: post(byToken("{memberToken}", { project: { id: "{projectId}" } })),
    status: 401,
    body: unauthorized,
    differs: "Keystone says 404; who is not known hears one sentence here",
  },
  {
    name: "a member ends their own token",
    section: "Tokens: Revoke token",
    send: {
      method: "DELETE",
      path: "/v3/auth/tokens",
      token: "{unscoped}",
      subject: "{unscoped}",
    },
    status: 204,
  },
  {
    name: "what was made of a token ends with it",
    section: "Tokens: Revoke token",
    send: get("/v3/auth/projects", "{rescoped}"),
    status: 401,
    differs: "in Keystone it lives on: who had stolen a token would keep what was made of it",
  },
];

/** All of them, in order. */
export const cases: readonly Case[] = [
  ...discovery,
  ...signingIn,
  ...refused,
  ...rescoping,
  ...validating,
  ...lists,
  ...credentials,
  ...ending,
];
