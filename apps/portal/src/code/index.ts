// The editor comes when it is first shown: it weighs as much as the rest of the portal.
import { lazy } from "react";

export const CodeEditor = lazy(async () => ({
  default: (await import("./editor.tsx")).CodeEditor,
}));
