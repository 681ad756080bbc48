// OpenID Connect Core 1.0: the authorization code flow with PKCE (RFC 7636), state and nonce. The ID token's signature is checked
// although it comes straight from the issuer.
import { fail } from "@s4t/contract";
import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from "openid-client";
import type { FederationDriver } from "../../../ports/federation.ts";
import type { OidcOptions } from "./config.ts";

/** How long a provider gets for each answer. */
export const OIDC_ANSWER_S = 10;

const isLoopback = ({ hostname }: URL): boolean =>
  ["127.0.0.1", "localhost", "[::1]"].includes(hostname);

/** Whether a text is an issuer that may be asked: `https:`, or loopback. */
export const isIssuer = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url));
};

/** Why it went wrong, as far as its person needs to know. */
const translate = (error: unknown) => {
  if (error instanceof AuthorizationResponseError)
    return fail("oidc.refused", { because: `it says ${error.error}` }, error);
  const { name, cause, code } = error as { name?: string; cause?: unknown; code?: string };
  const isNetwork =
    name === "TimeoutError" ||
    code === "OAUTH_TIMEOUT" ||
    (error instanceof TypeError && /fetch failed/.test(error.message)) ||
    (cause instanceof TypeError && /fetch failed/.test(cause.message)) ||
    (code === "OAUTH_RESPONSE_IS_NOT_CONFORM" &&
      ((cause as { status?: number } | undefined)?.status ?? 0) >= 500);
  return isNetwork
    ? fail("oidc.unavailable", {}, error)
    : fail("oidc.refused", { because: "its answer is not what was asked for" }, error);
};

const textIn = (claims: Readonly<Record<string, unknown>>, name: string): string | null => {
  const value = claims[name];
  return typeof value === "string" && value !== "" ? value : null;
};

/** Makes it. Nothing is asked of the provider before the first person comes; what it says of itself is kept then. */
export const oidcFederation = (options: OidcOptions): FederationDriver => {
  const issuer = new URL(options.issuer);
  let known: Promise<Configuration> | undefined;

  const discover = async (): Promise<Configuration> => {
    // One that is away is asked again by the next person.
    known ??= discovery(
      issuer,
      options.clientId,
      options.clientSecret === null ? undefined : { client_secret: options.clientSecret },
      options.clientSecret === null ? None() : undefined,
      {
        timeout: OIDC_ANSWER_S,
        execute: [
          enableNonRepudiationChecks,
          ...(issuer.protocol === "http:" ? [allowInsecureRequests] : []),
        ],
      },
    ).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };

  return {
    name: "federation",
    async begin(redirectUri, fresh) {
      try {
        const configuration = await discover();
        const kept = {
          state: randomState(),
          nonce: randomNonce(),
          verifier: randomPKCECodeVerifier(),
        };
        const url = buildAuthorizationUrl(configuration, {
          redirect_uri: redirectUri,
          scope: options.scopes,
          state: kept.state,
          nonce: kept.nonce,
          code_challenge: await calculatePKCECodeChallenge(kept.verifier),
          code_challenge_method: "S256",
          ...(fresh ? { prompt: "login" } : {}),
        });
        return { url: url.href, kept };
      } catch (error) {
        throw translate(error);
      }
    },
    async finish(callback, { state, nonce, verifier }) {
      try {
        const configuration = await discover();
        const answer = await authorizationCodeGrant(configuration, callback, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        });
        const proved = answer.claims();
        if (!proved) throw new TypeError("no ID token");
        const asked = configuration.serverMetadata().userinfo_endpoint;
        const more = asked
          ? await fetchUserInfo(configuration, answer.access_token, proved.sub)
          : {};
        // What is signed counts for more than what is only told.
        const claims = { ...more, ...proved } as Readonly<Record<string, unknown>>;
        return {
          issuer: proved.iss,
          subject: proved.sub,
          name: textIn(claims, options.nameClaim),
          mail: textIn(claims, "email"),
          isMailVerified: claims.email_verified === true,
          claims,
        };
      } catch (error) {
        throw translate(error);
      }
    },
  };
};
