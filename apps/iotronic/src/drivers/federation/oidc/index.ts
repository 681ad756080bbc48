export type { OidcOptions } from "./config.ts";
export { isIssuer, oidcFederation } from "./oidc.ts";
