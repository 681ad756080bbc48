export * from "./atomic-file.ts";
export * from "./disk.ts";
export * from "./hang-up.ts";
export * from "./hash.ts";
export * from "./locked.ts";
export * from "./outside.ts";
export * from "./random.ts";
