export { createIdentity, type Identity } from "./identity.ts";
export { identityRoutes, SESSION_COOKIE } from "./routes.ts";
