export * from "./dial-way.ts";
export * from "./files.ts";
export * from "./find-cloud.ts";
export * from "./forward.ts";
export * from "./login.ts";
export * from "./places.ts";
export * from "./sign-in.ts";
export * from "./trusting-fetch.ts";
