// What there is: one version of the Identity API.
import type { V3Request } from "./row.ts";

/** The version of the Identity API whose words these are: that of Keystone's Ussuri release, with what is left out listed. */
const version = { id: "v3.14", status: "stable", updated: "2020-04-07T00:00:00Z" } as const;

/** The version as discovery reads it. */
export const versionOf = ({ base }: Pick<V3Request, "base">) => ({
  ...version,
  links: [{ rel: "self", href: `${base}/` }],
  "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }],
});
