export * from "./actor.ts";
export * from "./delegated.ts";
export * from "./policy.ts";
export * from "./scope.ts";
