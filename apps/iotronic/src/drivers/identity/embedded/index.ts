export { embeddedIdentity, type Records } from "./embedded.ts";
