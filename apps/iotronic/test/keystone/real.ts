// The people of the conformance file in a Keystone that has just been bootstrapped, by its own API; and what a test changes of them.
import { password, people } from "./people.ts";

const domain = { id: "default" };

// biome-ignore lint/suspicious/noExplicitAny: bodies of every form
type Body = any;

export interface KeystoneEstate {
  /** Asks the Keystone as its administrator. Throws for what is refused. */
  ask(method: string, path: string, body?: object): Promise<Body>;
  /** Makes a person with a role in a project; answers their id. */
  addPerson(name: string, project: string, role: string): Promise<string>;
  projectId(name: string): string;
  /** Account of the cloud: it may look, and change nothing. */
  readonly account: { readonly user: string; readonly password: string };
}

/** Makes the people. `adminPassword`: of the bootstrap. */
export const fillKeystone = async (url: string, adminPassword: string): Promise<KeystoneEstate> => {
  const signIn = (): Promise<Response> =>
    fetch(`${url}/v3/auth/tokens`, {
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
  const ask: KeystoneEstate["ask"] = async (method, path, body) => {
    const token = (await signIn()).headers.get("x-subject-token") ?? "";
    const answer = await fetch(`${url}/v3${path}`, {
      method,
      headers: {
        ...{ "x-auth-token": token, "content-type": "application/json" },
        connection: "close",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const roles = new Map<string, string>();
  for (const { id, name } of (await ask("GET", "/roles")).roles) roles.set(name, id);
  const roleId = async (name: string): Promise<string> => {
    const known = roles.get(name);
    if (known !== undefined) return known;
    const { role } = await ask("POST", "/roles", { role: { name } });
    roles.set(name, role.id);
    return role.id;
  };
  const projects = new Map<string, string>();
  const projectId = (name: string): string => projects.get(name) ?? "";
  for (const name of new Set(Object.values(people).map(({ project }) => project))) {
    const { project } = await ask("POST", "/projects", { project: { name } });
    projects.set(name, project.id);
  }
  const addUser = async (name: string): Promise<string> =>
    (await ask("POST", "/users", { user: { name, password, domain_id: domain.id } })).user.id;
  const addPerson: KeystoneEstate["addPerson"] = async (name, project, role) => {
    const id = await addUser(name);
    await ask("PUT", `/projects/${projectId(project)}/users/${id}/roles/${await roleId(role)}`);
    return id;
  };
  for (const { name, project, role } of Object.values(people)) await addPerson(name, project, role);
  const account = { user: "iotronic", password };
  await ask("PUT", `/system/users/${await addUser(account.user)}/roles/${await roleId("reader")}`);
  return { ask, addPerson, projectId, account };
};
