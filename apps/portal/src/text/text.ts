// Sentences. What is said before the first page is open is in the first load, in English; what pages say comes beside the first of
// them, and other languages when chosen. Keys are typed: a missing one does not compile.
// Values fill `{{name}}`; a sentence with `count` may have a form for each of the language's plurals. That is all that a
// catalogue needs, and a library for it would weigh more than all sentences together.
import { useSyncExternalStore } from "react";
import en from "./en.json";
import type enPages from "./en-pages.json";

export const languages = ["en", "it"] as const;
export type Language = (typeof languages)[number];

type Raw = keyof typeof en | keyof typeof enPages;
/** A key of the catalogue; the plural forms of one sentence share it. */
export type TextKey = Raw extends infer Key
  ? Key extends `${infer Base}_one` | `${infer Base}_other`
    ? Base
    : Key
  : never;
type Values = Readonly<Record<string, string | number>>;
export type Translate = (key: TextKey, values?: Values) => string;

const storageKey = "s4t.language";
const listeners = new Set<() => void>();
let language: Language = "en";
let translate: Translate = (key) => key;

type Catalogue = Readonly<Record<string, string>>;
let catalogue: Catalogue = en;
let isWithPages = false;
let plurals = new Intl.PluralRules("en");

/** The sentence of a key as the language has it, filled. */
const find = (key: string, values: Values): string | undefined => {
  const { count } = values;
  const form = typeof count === "number" ? `${key}_${plurals.select(count)}` : key;
  const found = catalogue[form] ?? catalogue[`${key}_other`] ?? catalogue[key];
  return found?.replace(/\{\{(\w+)\}\}/g, (hole, name: string) => String(values[name] ?? hole));
};

const catalogueOf = async (wanted: Language): Promise<Catalogue> => {
  if (wanted === "it") return (await import("./it.json")).default;
  return isWithPages ? { ...en, ...(await import("./en-pages.json")).default } : en;
};

const load = async (wanted: Language) => {
  catalogue = await catalogueOf(wanted);
  plurals = new Intl.PluralRules(wanted);
  language = wanted;
  document.documentElement.lang = wanted;
  // A new function for each language, so that whatever depends on it knows that it changed.
  translate = (key, values = {}) => find(key, values) ?? key;
  for (const listener of listeners) listener();
};

const preferred = (): Language => {
  const candidates = [localStorage.getItem(storageKey) ?? "", ...navigator.languages];
  for (const candidate of candidates) {
    const found = languages.find((known) => candidate.toLowerCase().startsWith(known));
    if (found) return found;
  }
  return "en";
};

/** Loads the language that this person chose, else the browser's first that we have. */
export const startText = async (): Promise<void> => {
  await load(preferred());
};

let pageText: Promise<void> | undefined;

/** Loads what pages say, once: each of them waits for it. */
export const loadPageText = (): Promise<void> => {
  isWithPages = true;
  pageText ??= load(language).catch((error: unknown) => {
    pageText = undefined;
    throw error;
  });
  return pageText;
};

export const setLanguage = async (next: Language): Promise<void> => {
  localStorage.setItem(storageKey, next);
  await load(next);
};

export const currentLanguage = (): Language => language;

/** Outside components. Inside, `useText` also renders again when the language changes. */
export const text: Translate = (key, values) => translate(key, values);

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useText = (): Translate => useSyncExternalStore(subscribe, () => translate);

/** A key built from data, where the catalogue has it; else the fallback. */
export const textOr = (key: string, fallback: string, values: Values = {}): string =>
  find(key, values) ?? fallback;
