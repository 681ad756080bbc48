export * from "@s4t/contract";
export * from "./auth.ts";
export * from "./client.ts";
export * from "./events.ts";
export * from "./pages.ts";
export * from "./transport.ts";
export * from "./values.ts";
