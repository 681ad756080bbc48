export { createIdentity, type Identity } from "./identity.ts";
export { createRecords } from "./records.ts";
export { identityRoutes, SESSION_COOKIE } from "./routes.ts";
