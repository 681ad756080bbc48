export * from "./find-cloud.ts";
export * from "./login.ts";
export * from "./places.ts";
export * from "./sign-in.ts";
export * from "./trusting-fetch.ts";
