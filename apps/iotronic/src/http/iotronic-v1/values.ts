// Values as clients of the original send them: numbers and booleans as text, objects as they are.
import type { Labels } from "@s4t/contract";
import { parseJson } from "@s4t/kit";
import { invalid } from "./fault.ts";
import type { Members } from "./row.ts";

const yes = ["true", "1", "yes", "y", "t", "on"];
const no = ["false", "0", "no", "n", "f", "off"];

/** `true`, `"yes"`, `1` → true. Throws for anything else that is there. */
export const booleanOf = (value: unknown, name: string): boolean | undefined => {
  if (value === undefined || value === null || value === "") return undefined;
  const text = typeof value === "object" ? "" : String(value).trim().toLowerCase();
  if (yes.includes(text)) return true;
  if (no.includes(text)) return false;
  throw invalid(
    `Invalid input for field/attribute ${name}. Value: '${shown(value)}'. unable to convert to boolean`,
  );
};

/** `22`, `"22"` → 22. Throws for anything else that is there. */
export const integerOf = (value: unknown, name: string): number | undefined => {
  if (value === undefined || value === null || value === "") return undefined;
  const number = typeof value === "string" && /^[+-]?\d{1,15}$/.test(value.trim()) ? +value : value;
  if (Number.isSafeInteger(number)) return number as number;
  throw invalid(
    `Invalid input for field/attribute ${name}. Value: '${shown(value)}'. unable to convert to int`,
  );
};

/** A text, as far as it is one. Throws for anything else that is there. */
export const textOf = (value: unknown, name: string): string | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw invalid(
    `Invalid input for field/attribute ${name}. Value: '${shown(value)}'. Wrong type. Expected 'text'`,
  );
};

/** A text that has to be there. */
export const requiredText = (value: unknown, name: string): string => {
  const text = textOf(value, name);
  if (text === undefined || text === "") throw invalid(`${capital(name)} is not specified.`);
  return text;
};

/** How deep an object of theirs may be: there is room for it in what of ours it becomes a part of. */
export const MAX_OBJECT_DEPTH = 24;

const isDeeper = (value: unknown, depth: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (depth === 0 || Object.values(value).some((member) => isDeeper(member, depth - 1)));

/** An object, also as the JSON text of one, not too deep. Throws for anything else that is there. */
export const objectOf = (value: unknown, name: string): Members | undefined => {
  if (value === undefined || value === null || value === "") return undefined;
  let found: unknown = value;
  if (typeof value === "string")
    try {
      found = parseJson(value, MAX_OBJECT_DEPTH);
    } catch {
      found = undefined;
    }
  if (isDeeper(found, MAX_OBJECT_DEPTH))
    throw invalid(`${capital(name)} is nested deeper than ${MAX_OBJECT_DEPTH}.`);
  if (typeof found === "object" && found !== null && !Array.isArray(found)) return found as Members;
  throw invalid(
    `Invalid input for field/attribute ${name}. Value: '${shown(value)}'. Wrong type. Expected a JSON object`,
  );
};

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const shown = (value: unknown): string =>
  (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).slice(0, 100);

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === "" ||
  (typeof value === "object" && Object.keys(value as object).length === 0);

/** Throws for attributes that the original does not know, and for those that are not for clients to say; empty ones are let be. */
export const requireOnly = (
  body: Members,
  writable: readonly string[],
  readable: readonly string[],
): void => {
  for (const [name, value] of Object.entries(body)) {
    if (writable.includes(name)) continue;
    if (!readable.includes(name)) throw invalid(`Unknown attribute: ${name.slice(0, 64)}`);
    if (!isEmpty(value)) throw invalid(`Cannot set read-only attribute: ${name.slice(0, 64)}`);
  }
};

/** `extra`, the original's free members, is our labels but for those that stand for attributes of its own. */
export const extraOf = (labels: Labels, own: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !own.includes(name)));

/** The other way: labels out of `extra`. Throws where one has no room for it. */
export const labelsOf = (extra: Members, own: readonly string[]): Labels => {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(extra)) {
    if (own.includes(name)) throw invalid(`extra: ${name} is an attribute of its own.`);
    if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name))
      throw invalid(
        `extra: the name ${name.slice(0, 64)} must be of lower-case letters, digits, dots, hyphens and underscores.`,
      );
    labels[name] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return labels;
};

/** Labels with some of them changed: undefined leaves one as it is, null takes it away. */
export const withLabels = (
  labels: Labels,
  change: Readonly<Record<string, string | null | undefined>>,
): Labels => {
  const next: Record<string, string> = { ...labels };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete next[name];
    else if (value !== undefined) next[name] = value;
  }
  return next;
};

/** `2026-11-28T11:00:00.000Z` → `2026-11-28T11:00:00.000+00:00`, as the original writes moments. */
export const momentOf = (rfc3339: string): string => rfc3339.replace(/Z$/, "+00:00");

/** When something was last changed: null until it was. */
export const changedOf = ({
  rev,
  updatedAt,
}: {
  readonly rev: number;
  readonly updatedAt: string;
}): string | null => (rev > 1 ? momentOf(updatedAt) : null);

/** Links of a resource: itself, and its bookmark without the version. */
export const linksOf = (base: string, type: string, uuid: string) => [
  { href: `${base}/v1/${type}/${uuid}`, rel: "self" },
  { href: `${base}/${type}/${uuid}`, rel: "bookmark" },
];

/**
 * A name that is the key of an entry with us: lower case, hyphens for everything else. The same for the same name, so that what was
 * created by one is found by it.
 */
export const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 63)
    .replace(/-+$/, "");

const uuidForm = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Whether a text would be taken for an id. */
export const isUuidLike = (text: string): boolean => uuidForm.test(text);

/** A name for something new, by the original's rule. */
export const newName = (value: unknown, noun: string): string => {
  const name = requiredText(value, "name");
  if (!/^[A-Za-z0-9._~-]{1,63}$/.test(name) || isUuidLike(name))
    throw invalid(`Cannot create ${noun} with invalid name ${name.slice(0, 100)}`);
  return name;
};
