// Who vouches for people, out of the settings.
import { readFileSync } from "node:fs";
import { fail, type Role } from "@s4t/contract";
import type { Clock, Log, Part } from "@s4t/kit";
import { sleep } from "@s4t/kit";
import type { Config } from "../config.ts";
import type { Records } from "../drivers/identity/embedded/index.ts";
import type { KeystoneMeasures, KeystoneOptions } from "../drivers/identity/keystone/config.ts";
import type { Keystone } from "../drivers/identity/keystone/index.ts";
import type { Metrics } from "../edge/metrics.ts";
import { iotAddress } from "../http/identity-v3/catalogue.ts";
import type { IdentityDriver } from "../ports/identity.ts";

/** How long after a failed registration in the catalogue it is tried again. */
export const REGISTER_AGAIN_MS = 10_000;

export interface PeopleGround {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

type Name = `identity.keystone.${string}` & keyof Config;

const bad = (setting: Name, because: string) => fail("config.invalid", { setting, because });

const addressIn = (
  config: Config,
  setting: "identity.keystone.url" | "identity.keystone.register",
) => {
  const text = config[setting];
  if (text === null) throw bad(setting, "is needed for a Keystone");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if ((url?.protocol !== "http:" && url?.protocol !== "https:") || url.username || url.search)
    throw bad(setting, "must be an address such as https://keystone.example:5000");
  return url.href.replace(/\/+$/, "").replace(/\/v3$/, "");
};

/** `admin=admin,member=user` → what a role there is here, by its name in lower case. Throws `config.invalid`. */
export const rolesOf = (text: string): ReadonlyMap<string, Role> =>
  new Map(
    text.split(",").map((pair) => {
      const [there = "", here] = pair.split("=").map((word) => word.trim());
      if (there === "" || !["admin", "manager", "user", "auditor"].includes(here ?? ""))
        throw bad(
          "identity.keystone.roles",
          "must be pairs such as member=user, each of admin, manager, user or auditor",
        );
      return [there.toLowerCase(), here as Role];
    }),
  );

const accountIn = (config: Config): KeystoneOptions["account"] => {
  const secret = config["identity.keystone.secret"];
  const id = config["identity.keystone.credential"];
  const user = config["identity.keystone.user"];
  if (secret === null) throw bad("identity.keystone.secret", "is needed for a Keystone");
  if ((id === null) === (user === null))
    throw bad("identity.keystone.user", "is needed for a Keystone, or a credential, and not both");
  if (id !== null) return { method: "credential", id, secret };
  const project = config["identity.keystone.project"];
  return { method: "password", user: user as string, password: secret, project };
};

const caIn = (config: Config): string | null => {
  const file = config["identity.keystone.ca"];
  try {
    return file === null ? null : readFileSync(file, "utf8");
  } catch (error) {
    throw fail(
      "config.invalid",
      { setting: "identity.keystone.ca", because: "cannot be read" },
      error,
    );
  }
};

/** What is measured of who vouches for people. */
export const identityMetrics = (metrics: Metrics, isReachable: () => boolean): KeystoneMeasures => {
  metrics.gauge(
    {
      name: "s4t_identity_reachable",
      help: "Whether who vouches for people answered when it was asked last: 1 or 0; always 1 for the cloud's own records",
    },
    () => Number(isReachable()),
  );
  const asked = metrics.durations({
    name: "s4t_identity_question_duration_seconds",
    help: "Questions to the Keystone by what about (token, person, sign-in, service: the cloud's own token, catalogue) and how they went: answered, refused, unavailable",
    labels: ["about", "outcome"],
  });
  const remembered = metrics.counter({
    name: "s4t_identity_remembered_total",
    help: "Looks at tokens and people that an answer of the Keystone was still fresh for",
  });
  return {
    asked: (about, outcome, seconds) => asked.observe({ about, outcome }, seconds),
    remembered: () => remembered.add({}),
  };
};

/** Keeps the cloud in the catalogue: once at the start, and until it could be. */
const keepRegistered = (keystone: Keystone, ground: PeopleGround): Part => {
  const { config, clock, log } = ground;
  const left = new AbortController();
  const address = iotAddress(new URL(addressIn(config, "identity.keystone.register")).origin);
  const work = async (): Promise<void> => {
    while (!left.signal.aborted)
      try {
        const changed = await keystone.register({
          region: config["identity.region"],
          urls: { public: address, internal: address, admin: address },
        });
        if (changed.length > 0)
          log.info("The Keystone's catalogue has this cloud", { address, changed });
        return;
      } catch (error) {
        log.warn("This cloud could not be put into the Keystone's catalogue", { error });
        await sleep(clock, REGISTER_AGAIN_MS, left.signal).catch(() => {});
      }
  };
  let under: Promise<void> | undefined;
  return {
    name: "catalogue",
    start: () => {
      under = work();
    },
    async stop() {
      left.abort();
      await under;
    },
  };
};

/** Who vouches, and the parts that live with it. `records`: the cloud's own. Throws `config.invalid`. */
export const openPeople = async (
  ground: PeopleGround,
  records: () => Records,
): Promise<{ readonly people: IdentityDriver; readonly parts: readonly Part[] }> => {
  const { config, clock, log, metrics } = ground;
  let vouching: IdentityDriver | undefined;
  const measures = identityMetrics(metrics, () => vouching?.isReachable() ?? false);
  const opened = async (): Promise<{ people: IdentityDriver; parts: readonly Part[] }> => {
    if (config["identity.driver"] === "embedded") {
      const { embeddedIdentity } = await import("../drivers/identity/embedded/index.ts");
      return { people: embeddedIdentity(records), parts: [] };
    }
    const { keystoneIdentity } = await import("../drivers/identity/keystone/index.ts");
    const keystone = keystoneIdentity({
      ...{ url: addressIn(config, "identity.keystone.url"), ca: caIn(config) },
      ...{ account: accountIn(config), domain: config["identity.keystone.domain"] },
      roles: rolesOf(config["identity.keystone.roles"]),
      adminProject: config["identity.keystone.admin-project"],
      cacheForMs: config["identity.keystone.cache-for"] * 1_000,
      timeoutMs: config["identity.keystone.timeout"],
      ...{ clock, log, measures },
    });
    const isKept = config["identity.keystone.register"] !== null;
    return { people: keystone, parts: isKept ? [keepRegistered(keystone, ground)] : [] };
  };
  const { people, parts } = await opened();
  vouching = people;
  return { people, parts: [people, ...parts] };
};
