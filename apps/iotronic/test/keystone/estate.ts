// The people and projects of the conformance cases in a Keystone that has just been bootstrapped, by its own API.
import type { Estate } from "./runner.ts";

/** Makes them. `adminPassword`: of the bootstrap. */
export const makeEstate = async (baseUrl: string, adminPassword: string): Promise<Estate> => {
  const estate: Estate = {
    ...{ adminUser: "admin", adminPassword, adminProject: "admin" },
    ...{ user: "chiara", password: "correct horse battery staple" },
    ...{ project: "messina", other: "catania" },
  };
  const domain = { id: "default" };
  const signIn = await fetch(`${baseUrl}/v3/auth/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ["password"],
          password: { user: { name: "admin", domain, password: adminPassword } },
        },
        scope: { project: { name: "admin", domain } },
      },
    }),
  });
  const token = signIn.headers.get("x-subject-token") ?? "";
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${baseUrl}/v3${path}`, {
      method,
      headers: { connection: "close", "x-auth-token": token, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    // biome-ignore lint/suspicious/noExplicitAny: bodies of every form
    return (text === "" ? undefined : JSON.parse(text)) as any;
  };
  const { project } = await ask("POST", "/projects", { project: { name: estate.project } });
  await ask("POST", "/projects", { project: { name: estate.other } });
  const { user } = await ask("POST", "/users", {
    user: { name: estate.user, password: estate.password, domain_id: domain.id },
  });
  const { roles } = await ask("GET", "/roles?name=member");
  await ask("PUT", `/projects/${project.id}/users/${user.id}/roles/${roles[0].id}`);
  const { service } = await ask("POST", "/services", {
    service: { name: "Iotronic", type: "iot" },
  });
  for (const face of ["public", "internal", "admin"])
    await ask("POST", "/endpoints", {
      endpoint: {
        ...{ service_id: service.id, interface: face, region_id: "RegionOne" },
        url: "http://127.0.0.1:8812",
      },
    });
  return estate;
};
