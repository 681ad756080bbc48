import { administering, anyone } from "../row.ts";

/** A person's second factor; another's only administrators take away. */
export const secondFactorPolicy = {
  "second-factor.show": anyone,
  "second-factor.begin": anyone,
  "second-factor.confirm": anyone,
  "second-factor.renew-codes": anyone,
  "second-factor.remove": anyone,
  "user.reset-second-factor": administering,
} as const;
