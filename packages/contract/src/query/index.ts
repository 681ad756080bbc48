export * from "./print.ts";
export * from "./read.ts";
export * from "./tree.ts";
