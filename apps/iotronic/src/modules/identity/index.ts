export type { Provider } from "./federation.ts";
export { createIdentity, type Identity } from "./identity.ts";
export { createRecords } from "./records.ts";
export { identityRoutes, SESSION_COOKIE, sessionCookie } from "./routes.ts";
