import { anyone, managing, reading } from "../row.ts";

/** Giving on and taking back are for whoever has or gave a delegation: the verbs look which. */
export const delegationPolicy = {
  "delegation.list": reading,
  "delegation.create": managing,
  "delegation.mine": anyone,
  "delegation.pass": anyone,
  "delegation.revoke": anyone,
} as const;
