export * from "./atomic-file.ts";
export * from "./hash.ts";
