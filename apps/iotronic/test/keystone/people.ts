// The people of the conformance file as a Keystone has them, and how they sign in there.

/** What everybody's password is. */
export const password = "correct horse battery staple";

/** Who has which role (in the original's words) in which project. */
export const people = {
  admin: { name: "root", project: "harbour", role: "admin" },
  manager: { name: "mara", project: "harbour", role: "manager_iot_project" },
  user: { name: "ugo", project: "harbour", role: "user_iot" },
  auditor: { name: "ada", project: "harbour", role: "reader" },
  stranger: { name: "sam", project: "airport", role: "admin_iot_project" },
  /** In the right project, with a role that says nothing here. */
  guest: { name: "gil", project: "harbour", role: "creator" },
} as const;

/** Settings of a cloud whose people are theirs; the administrators are those of `harbour`. */
export const keystoneArgs = (
  url: string,
  account: { readonly user: string; readonly password: string; readonly project: string },
): readonly string[] => [
  ...["--identity.driver", "keystone", "--identity.keystone.url", url],
  ...["--identity.keystone.user", account.user, "--identity.keystone.secret", account.password],
  ...["--identity.keystone.project", account.project],
  ...["--identity.keystone.admin-project", "harbour"],
];

/** A token of the Keystone, as keystoneauth's password method gets one; without a project: unscoped. */
export const keystoneToken = async (
  url: string,
  name: string,
  project: string | undefined,
  word = password,
): Promise<string> => {
  const domain = { id: "default" };
  const answer = await fetch(`${url}/v3/auth/tokens`, {
    method: "POST",
    // What serves a Keystone may close a connection after each answer without a word.
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ["password"],
          password: { user: { name, domain, password: word } },
        },
        scope: project === undefined ? "unscoped" : { project: { name: project, domain } },
      },
    }),
  });
  const token = answer.headers.get("x-subject-token");
  if (answer.status !== 201 || token === null) throw new TypeError(await answer.text());
  return token;
};

/** One of each person of the conformance file. */
export const tokensOfAll = async (url: string) => {
  const tokenOf = (who: keyof typeof people) =>
    keystoneToken(url, people[who].name, people[who].project);
  return {
    admin: await tokenOf("admin"),
    manager: await tokenOf("manager"),
    user: await tokenOf("user"),
    auditor: await tokenOf("auditor"),
    stranger: await tokenOf("stranger"),
  };
};
