export * from "./backoff.ts";
export * from "./clock.ts";
export * from "./errors.ts";
export * from "./json.ts";
export * from "./lifecycle.ts";
export * from "./log.ts";
export * from "./signal.ts";
export * from "./units.ts";
