// Providers of OpenID Connect, out of the file that a setting names; their secrets are in it, so only the cloud's user may read it.
import { readFileSync } from "node:fs";
import { fail, projectRoles } from "@s4t/contract";
import type { Static } from "typebox";
import * as Type from "typebox";
import { Value } from "typebox/value";
import type { Config } from "../config.ts";
import type { Provider } from "../modules/identity/index.ts";

const Strict = <Members extends Parameters<typeof Type.Object>[0]>(members: Members) =>
  Type.Object(members, { additionalProperties: false });
const Text = Type.String({ minLength: 1, maxLength: 1_024 });

const ProviderRow = Strict({
  name: Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,31}$" }),
  title: Type.Optional(Text),
  issuer: Text,
  clientId: Text,
  clientSecret: Type.Optional(Text),
  scopes: Type.Optional(Text),
  nameClaim: Type.Optional(Text),
  provision: Type.Optional(Type.Boolean()),
  linkByMail: Type.Optional(Type.Boolean()),
  roles: Type.Optional(
    Type.Array(
      Strict({
        claim: Text,
        value: Text,
        project: Type.Optional(Text),
        role: Type.Enum([...projectRoles, "admin"]),
      }),
      { maxItems: 1_000 },
    ),
  ),
});
const File = Type.Array(ProviderRow, { maxItems: 20 });
type ProviderRow = Static<typeof ProviderRow>;

const invalid = (because: string, cause?: unknown) =>
  fail("config.invalid", { setting: "identity.oidc", because }, cause);

const ruleOf = ({ claim, value, project, role }: NonNullable<ProviderRow["roles"]>[number]) => {
  if (role === "admin") {
    if (project !== undefined) throw invalid("the role admin is of no project");
    return { claim, value, project: null, role: "manager" as const };
  }
  if (project === undefined) throw invalid(`the role ${role} needs a project`);
  return { claim, value, project, role };
};

const readRows = (file: string): readonly ProviderRow[] => {
  let rows: unknown;
  try {
    rows = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw invalid("its file cannot be read, or is not JSON", cause);
  }
  if (!Value.Check(File, rows)) {
    const [first] = Value.Errors(File, rows);
    throw invalid(`in its file ${first?.instancePath ?? "/"} ${first?.message ?? "is wrong"}`);
  }
  return rows;
};

/** Opens them; none where the setting names no file. Throws `config.invalid`. */
export const openProviders = async (config: Config): Promise<readonly Provider[]> => {
  const file = config["identity.oidc"];
  if (file === null) return [];
  const { isIssuer, oidcFederation } = await import("../drivers/federation/oidc/index.ts");
  const rows = readRows(file);
  if (new Set(rows.map(({ name }) => name)).size !== rows.length)
    throw invalid("in its file two have one name");
  return rows.map((row) => {
    if (!isIssuer(row.issuer)) throw invalid(`the issuer ${row.issuer} must be https:`);
    return {
      name: row.name,
      title: row.title ?? row.name,
      provision: row.provision ?? false,
      linkByMail: row.linkByMail ?? false,
      roles: (row.roles ?? []).map(ruleOf),
      driver: oidcFederation({
        issuer: row.issuer,
        clientId: row.clientId,
        clientSecret: row.clientSecret ?? null,
        scopes: row.scopes ?? "openid profile email",
        nameClaim: row.nameClaim ?? "preferred_username",
      }),
    };
  });
};
