import { integer, oneOf, secret, text } from "./setting.ts";

/** What a role of OpenStack's is here, unless said. */
const roles =
  "admin=admin,administrator=admin,admin_iot_project=manager,manager_iot_project=manager,user_iot=user,member=user,reader=auditor,auditor=auditor";

export const identitySettings = {
  "identity.driver": oneOf(
    ["embedded", "keystone"],
    "embedded",
    "Who vouches for people: the cloud's own records, or a Keystone.",
  ),
  "identity.region": text(
    "RegionOne",
    "Region that the catalogue says, of /identity/v3 or of the Keystone, as in OS_REGION_NAME.",
  ),
  "identity.token-life": integer(
    60,
    43_200,
    3_600,
    "Seconds that a token of /identity/v3 lasts; OpenStack's clients sign in again by themselves.",
  ),
  "identity.keystone.url": text(
    null,
    "Where the Keystone is, such as https://keystone.example:5000, with or without /v3.",
  ),
  "identity.keystone.ca": text(
    null,
    "File with certificates (PEM) of authorities that vouch for the Keystone, besides the runtime's.",
  ),
  "identity.keystone.credential": text(
    null,
    "Id of the application credential that the cloud itself signs in with; or give a user.",
  ),
  "identity.keystone.user": text(
    null,
    "User of the home domain that the cloud itself signs in as; it needs the role reader on the system, or admin.",
  ),
  "identity.keystone.secret": secret(
    "Secret of that application credential, or password of that user.",
  ),
  "identity.keystone.project": text(
    null,
    "Project that the cloud's own user signs in to; the scope system unless said.",
  ),
  "identity.keystone.domain": text(
    "default",
    "Id of the home domain: its people and projects keep their names, others' have @domain behind.",
  ),
  "identity.keystone.admin-project": text(
    "admin",
    "Project (name in the home domain, or id) whose administrators are those of the cloud, besides those of the system.",
  ),
  "identity.keystone.roles": text(roles, "What roles there are here, as THERE=HERE with commas."),
  "identity.keystone.cache-for": integer(
    1,
    60,
    30,
    "Most seconds that an answer of the Keystone is relied on: a revocation is seen within this.",
  ),
  "identity.keystone.timeout": integer(
    100,
    30_000,
    5_000,
    "Milliseconds that one question to the Keystone may take.",
  ),
  "identity.keystone.register": text(
    null,
    "Address of this cloud to keep in the Keystone's catalogue (service iot), such as https://cloud.example:8812; left alone unless said.",
  ),
  "identity.oidc": text(
    null,
    "File of providers of OpenID Connect that people sign in by, as JSON; their secrets are in it, so only the cloud's user should read it.",
  ),
} as const;
