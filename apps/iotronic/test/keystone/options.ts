// Options of the Keystone driver as tests of it have them.
import { createLog, systemClock } from "@s4t/kit";
import { rolesOf } from "../../src/compose/people.ts";
import { settings } from "../../src/config.ts";
import type { KeystoneOptions } from "../../src/drivers/identity/keystone/config.ts";

/** With the roles of the settings' default. */
export const keystoneOptions = (
  given: Partial<KeystoneOptions> & Pick<KeystoneOptions, "url" | "account">,
): KeystoneOptions => ({
  ...{ ca: null, domain: "default", adminProject: "admin", cacheForMs: 30_000, timeoutMs: 5_000 },
  roles: rolesOf(settings["identity.keystone.roles"].fallback),
  ...{ clock: systemClock, log: createLog(() => {}, "error") },
  measures: { asked() {}, remembered() {} },
  ...given,
});
