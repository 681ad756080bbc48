// The cloud's own sign-in at the Keystone: one token for all questions, made anew before its end and whenever it is refused.
import { fail } from "@s4t/contract";
import { tokenOf } from "./answers.ts";
import type { KeystoneOptions } from "./config.ts";
import type { Answer, Asking, Question } from "./http.ts";

/** How long before its end a token is not used any more. */
export const RENEW_BEFORE_MS = 60_000;

/** Asks with the cloud's own token. Throws `identity.unavailable`, also where the Keystone refuses the cloud itself. */
export type AskAsService = (question: Question) => Promise<Answer>;

const identityOf = ({ account, domain }: KeystoneOptions): object => {
  if (account.method === "credential")
    return {
      identity: {
        methods: ["application_credential"],
        application_credential: { id: account.id, secret: account.secret },
      },
    };
  const { user: name, password, project } = account;
  return {
    identity: {
      methods: ["password"],
      password: { user: { name, domain: { id: domain }, password } },
    },
    scope:
      project === null
        ? { system: { all: true } }
        : { project: { name: project, domain: { id: domain } } },
  };
};

/** Makes it. */
export const createService = (options: KeystoneOptions, asking: Asking): AskAsService => {
  const { clock, log, measures } = options;
  let held: { readonly token: string; readonly untilMs: number } | undefined;
  let flight: Promise<string> | undefined;

  const signIn = async (): Promise<string> => {
    const { status, subject, body } = await asking.ask({
      method: "POST",
      path: "/auth/tokens?nocatalog",
      body: { auth: identityOf(options) },
    });
    if (status !== 201 || subject === undefined) {
      log.error("The Keystone refuses the sign-in of this cloud: nobody can be looked up", {
        url: options.url,
        status,
      });
      throw fail("identity.unavailable", {}, `the cloud's own sign-in: status ${status}`);
    }
    const { expires_at } = tokenOf(body).token;
    held = { token: subject, untilMs: Date.parse(expires_at) - RENEW_BEFORE_MS };
    return subject;
  };

  const renew = (): Promise<string> => {
    const startedMs = clock.monotonicMs();
    const told = (outcome: "answered" | "unavailable"): void =>
      measures.asked("service", outcome, (clock.monotonicMs() - startedMs) / 1_000);
    flight ??= signIn()
      .then(
        (token) => {
          told("answered");
          return token;
        },
        (error: unknown) => {
          told("unavailable");
          throw error;
        },
      )
      .finally(() => {
        flight = undefined;
      });
    return flight;
  };

  return async (question) => {
    const token = held && clock.now() < held.untilMs ? held.token : await renew();
    const answer = await asking.ask({ ...question, token });
    if (answer.status !== 401) return answer;
    // Ended before its time: revoked, or its keys are gone. Another may have renewed it meanwhile.
    if (held?.token === token) held = undefined;
    const again = await asking.ask({ ...question, token: held?.token ?? (await renew()) });
    if (again.status === 401)
      throw fail("identity.unavailable", {}, "the Keystone refuses a token that it just made");
    return again;
  };
};
