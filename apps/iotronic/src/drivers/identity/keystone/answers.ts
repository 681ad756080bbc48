// What is read of a Keystone's answers, member by member: whatever else is in them is not looked at, and what does not fit is no
// answer. (Identity API v3, https://docs.openstack.org/api-ref/identity/v3/.)
import { fail } from "@s4t/contract";
import type { Static, TSchema } from "typebox";
import * as Type from "typebox";
import { Compile } from "typebox/compile";

const Id = Type.String({ minLength: 1, maxLength: 64 });
const Name = Type.String({ minLength: 1, maxLength: 255 });
const Named = { id: Id, name: Name };
const InDomain = { ...Named, domain: Type.Object(Named) };
const Moment = Type.String({
  pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|\\+00:00)$",
});

const Token = Type.Object({
  token: Type.Object({
    user: Type.Object(InDomain),
    expires_at: Moment,
    roles: Type.Optional(Type.Array(Type.Object(Named))),
    project: Type.Optional(Type.Object(InDomain)),
    is_domain: Type.Optional(Type.Boolean()),
    domain: Type.Optional(Type.Object(Named)),
    system: Type.Optional(Type.Object({ all: Type.Optional(Type.Boolean()) })),
  }),
});
const User = Type.Object({
  user: Type.Object({ ...Named, domain_id: Id, enabled: Type.Boolean() }),
});
const Domain = Type.Object({ domain: Type.Object({ ...Named, enabled: Type.Boolean() }) });
const Projects = Type.Object({
  projects: Type.Array(Type.Object({ ...Named, domain_id: Id, enabled: Type.Boolean() })),
});
const Assignments = Type.Object({
  role_assignments: Type.Array(
    Type.Object({
      role: Type.Object(Named),
      scope: Type.Object({
        project: Type.Optional(Type.Object({ id: Id })),
      }),
    }),
  ),
});
const Roles = Type.Object({ roles: Type.Array(Type.Object(Named)) });
const Services = Type.Object({
  services: Type.Array(Type.Object({ id: Id, type: Type.String() })),
});
const Service = Type.Object({ service: Type.Object({ id: Id }) });
const Endpoints = Type.Object({
  endpoints: Type.Array(
    Type.Object({
      id: Id,
      interface: Type.String(),
      region_id: Type.Union([Type.String(), Type.Null()]),
      url: Type.String(),
    }),
  ),
});

const reader = <Schema extends TSchema>(schema: Schema) => {
  const check = Compile(schema);
  return (body: unknown): Static<Schema> => {
    if (check.Check(body)) return body as Static<Schema>;
    throw fail("identity.unavailable", {}, "an answer that is none of the Identity API");
  };
};

/** Each throws `identity.unavailable` for what is no such answer. */
export const tokenOf = reader(Token);
export const userOf = reader(User);
export const domainOf = reader(Domain);
export const projectsOf = reader(Projects);
export const assignmentsOf = reader(Assignments);
export const rolesIn = reader(Roles);
export const servicesOf = reader(Services);
export const serviceOf = reader(Service);
export const endpointsOf = reader(Endpoints);

export type TokenAnswer = Static<typeof Token>["token"];
