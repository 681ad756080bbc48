// Sentences. English is in the first load, other languages come when chosen. Keys are typed: a missing one does not compile.
// Values fill `{{name}}`; a sentence with `count` may have a form for each of the language's plurals. That is all that a
// catalogue needs, and a library for it would weigh more than all sentences together.
import { useSyncExternalStore } from "react";
import en from "./en.json";

export const languages = ["en", "it"] as const;
export type Language = (typeof languages)[number];

type Raw = keyof typeof en;
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
let plurals = new Intl.PluralRules("en");

/** The sentence of a key as the language has it, else the English one, filled. */
const find = (key: string, values: Values): string | undefined => {
  const { count } = values;
  const form = typeof count === "number" ? `${key}_${plurals.select(count)}` : key;
  const english: Catalogue = en;
  const found =
    catalogue[form] ?? catalogue[`${key}_other`] ?? catalogue[key] ?? english[form] ?? english[key];
  return found?.replace(/\{\{(\w+)\}\}/g, (hole, name: string) => String(values[name] ?? hole));
};

const load = async (wanted: Language) => {
  catalogue = wanted === "it" ? (await import("./it.json")).default : en;
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
