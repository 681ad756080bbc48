// Which language a file is in, by its name.
import type { CodeLanguage } from "./languages.ts";

const byEnding: Readonly<Record<string, CodeLanguage>> = {
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  ts: "javascript",
  py: "python",
  json: "json",
};

export const languageOf = (path: string): CodeLanguage =>
  byEnding[path.slice(path.lastIndexOf(".") + 1)] ?? "text";
