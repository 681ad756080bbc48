import type { Role } from "@s4t/contract";
import type { Clock, Log } from "@s4t/kit";

/** How the cloud itself signs in at the Keystone. */
export type Account =
  | { readonly method: "credential"; readonly id: string; readonly secret: string }
  | {
      readonly method: "password";
      readonly user: string;
      readonly password: string;
      /** Name of a project of the home domain; null: the scope `system`. */
      readonly project: string | null;
    };

/** What the Keystone driver needs. */
export interface KeystoneOptions {
  /** What `/v3` comes behind: `https://keystone.example:5000`. */
  readonly url: string;
  /** Authorities that vouch for it besides those of the runtime, PEM. */
  readonly ca: string | null;
  readonly account: Account;
  /** Id of the domain whose people and projects keep their names; others' have `@domain` behind. */
  readonly domain: string;
  /** Names of roles there, in lower case → roles here. */
  readonly roles: ReadonlyMap<string, Role>;
  /** Name (in the home domain) or id of the project whose administrators are those of the cloud. */
  readonly adminProject: string;
  /** How long an answer is relied on. */
  readonly cacheForMs: number;
  /** How long one question may take, waiting included. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly measures: KeystoneMeasures;
}

/** What hears of what the driver does. */
export interface KeystoneMeasures {
  /** A question that the Keystone was asked, and how it went. */
  asked(
    what: "token" | "person" | "sign-in" | "service" | "catalogue",
    outcome: Outcome,
    seconds: number,
  ): void;
  /** An answer that was had already. */
  remembered(): void;
}

/** `unavailable`: no answer, or none that is one. */
export type Outcome = "answered" | "refused" | "unavailable";
