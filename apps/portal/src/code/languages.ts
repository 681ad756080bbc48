// Languages of the editor, each loaded when a file of it is opened.
import type { Extension } from "@codemirror/state";

export type CodeLanguage = "javascript" | "python" | "json" | "text";

const loaders: Readonly<Record<CodeLanguage, () => Promise<Extension>>> = {
  javascript: async () => (await import("@codemirror/lang-javascript")).javascript(),
  python: async () => (await import("@codemirror/lang-python")).python(),
  json: async () => (await import("@codemirror/lang-json")).json(),
  text: async () => [],
};

export const loadLanguage = (language: CodeLanguage): Promise<Extension> => loaders[language]();
