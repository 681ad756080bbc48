// The terminal comes when somebody opens a shell: it weighs more than a page.
import { lazy } from "react";

export type { TerminalHandle } from "./terminal.tsx";
export const Terminal = lazy(async () => ({ default: (await import("./terminal.tsx")).Terminal }));
