export { isSignedBy } from "./ed25519.ts";
export { createKeys, type Keys } from "./keys.ts";
export { keyRoutes } from "./routes.ts";
