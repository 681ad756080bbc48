// A form out of a JSON Schema, its pure half: which fields there are, what stands in each as text, and what value the texts say.
// A fault is said where it is typed, before anything is sent; the cloud and the board check again.

export type Schema = Readonly<Record<string, unknown>>;

/** How a field is filled. `json`: whatever has no input of its own. */
type FieldKind = "text" | "number" | "integer" | "boolean" | "choice" | "group" | "json";

export interface FormField {
  /** JSON Pointer of the value, "" the whole. */
  readonly at: string;
  readonly name: string;
  readonly title: string;
  readonly description: string | undefined;
  readonly kind: FieldKind;
  readonly required: boolean;
  readonly schema: Schema;
  readonly fields: readonly FormField[];
}

/** Why a text is no value: a key under `form.` of the catalogue, and what fills it. */
export interface FieldFault {
  readonly key:
    | "missing"
    | "not-number"
    | "not-integer"
    | "not-json"
    | "not-object"
    | "not-list"
    | "too-small"
    | "too-large"
    | "too-short"
    | "too-long"
    | "too-few"
    | "too-many";
  readonly values?: Readonly<Record<string, string | number>>;
}

/** What stands in each field, by its pointer. */
export type Draft = Readonly<Record<string, string>>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
const escapeName = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

const kindOf = (schema: Schema): FieldKind => {
  if (Array.isArray(schema.enum)) return "choice";
  const { type } = schema;
  if (type === "string") return "text";
  if (type === "number" || type === "integer" || type === "boolean") return type;
  return type === "object" && isSchema(schema.properties) ? "group" : "json";
};

const fieldOf = (schema: Schema, at: string, name: string, required: boolean): FormField => {
  const kind = kindOf(schema);
  const names = Array.isArray(schema.required) ? schema.required : [];
  const properties = kind === "group" ? (schema.properties as Schema) : {};
  return {
    at,
    name,
    title: textOf(schema.title) ?? name,
    description: textOf(schema.description),
    kind,
    required,
    schema,
    fields: Object.entries(properties).flatMap(([inner, value]) =>
      isSchema(value)
        ? [fieldOf(value, `${at}/${escapeName(inner)}`, inner, names.includes(inner))]
        : [],
    ),
  };
};

/** The form of a schema; without one, all parameters are one JSON field. */
export const formOf = (schema: Schema | null): FormField =>
  fieldOf(schema ?? {}, "", "parameters", false);

const written = (field: FormField, value: unknown): string => {
  if (value === undefined) return "";
  if (field.kind === "choice") {
    const print = JSON.stringify(value);
    const at = (field.schema.enum as readonly unknown[]).findIndex(
      (each) => JSON.stringify(each) === print,
    );
    return at < 0 ? "" : String(at);
  }
  return field.kind === "json" ? JSON.stringify(value, null, 2) : String(value);
};

/** A schema that demands nothing and fills nothing in: for parameters that may be said in part, the rest later. */
export const withoutDemands = (schema: Schema): Schema => {
  const { required: _required, default: _default, ...rest } = schema;
  if (!isSchema(rest.properties)) return rest;
  const properties = Object.entries(rest.properties).map(
    ([name, inner]) => [name, isSchema(inner) ? withoutDemands(inner) : inner] as const,
  );
  return { ...rest, properties: Object.fromEntries(properties) };
};

/** The texts that a value has in the form. What it does not say has the schema's default. */
export const draftOf = (form: FormField, value: unknown): Draft => {
  const draft: Record<string, string> = {};
  const fill = (field: FormField, given: unknown) => {
    const own = given === undefined ? field.schema.default : given;
    if (field.kind !== "group") draft[field.at] = written(field, own);
    for (const inner of field.fields) fill(inner, isSchema(own) ? own[inner.name] : undefined);
  };
  fill(form, value);
  return draft;
};

const numberFault = (value: number, schema: Schema): FieldFault | undefined => {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (typeof minimum === "number" && value < minimum)
    return { key: "too-small", values: { limit: minimum } };
  if (typeof exclusiveMinimum === "number" && value <= exclusiveMinimum)
    return { key: "too-small", values: { limit: exclusiveMinimum } };
  if (typeof maximum === "number" && value > maximum)
    return { key: "too-large", values: { limit: maximum } };
  if (typeof exclusiveMaximum === "number" && value >= exclusiveMaximum)
    return { key: "too-large", values: { limit: exclusiveMaximum } };
  return undefined;
};

const textFault = (value: string, { minLength, maxLength }: Schema): FieldFault | undefined => {
  if (typeof minLength === "number" && value.length < minLength)
    return { key: "too-short", values: { limit: minLength } };
  if (typeof maxLength === "number" && value.length > maxLength)
    return { key: "too-long", values: { limit: maxLength } };
  return undefined;
};

const jsonFault = (value: unknown, schema: Schema): FieldFault | undefined => {
  const { type, minItems, maxItems } = schema;
  if (type === "array" && !Array.isArray(value)) return { key: "not-list" };
  if (type === "object" && !isSchema(value)) return { key: "not-object" };
  if (!Array.isArray(value)) return undefined;
  if (typeof minItems === "number" && value.length < minItems)
    return { key: "too-few", values: { limit: minItems } };
  if (typeof maxItems === "number" && value.length > maxItems)
    return { key: "too-many", values: { limit: maxItems } };
  return undefined;
};

type Read = { readonly value: unknown } | { readonly fault: FieldFault };

const readNumber = (typed: string, field: FormField): Read => {
  const value = Number(typed.trim().replace(",", "."));
  if (typed.trim() === "" || !Number.isFinite(value)) return { fault: { key: "not-number" } };
  if (field.kind === "integer" && !Number.isInteger(value))
    return { fault: { key: "not-integer" } };
  const fault = numberFault(value, field.schema);
  return fault ? { fault } : { value };
};

const readJson = (typed: string, field: FormField): Read => {
  let value: unknown;
  try {
    value = JSON.parse(typed);
  } catch {
    return { fault: { key: "not-json" } };
  }
  const isWhole = field.at === "" && !isSchema(value);
  const fault = isWhole ? ({ key: "not-object" } as const) : jsonFault(value, field.schema);
  return fault ? { fault } : { value };
};

const readField = (typed: string, field: FormField): Read => {
  switch (field.kind) {
    case "number":
    case "integer":
      return readNumber(typed, field);
    case "boolean":
      return { value: typed === "true" };
    case "choice":
      return { value: (field.schema.enum as readonly unknown[])[Number(typed)] };
    case "json":
      return readJson(typed, field);
    default: {
      const fault = textFault(typed, field.schema);
      return fault ? { fault } : { value: typed };
    }
  }
};

export interface ReadForm {
  readonly value: Record<string, unknown>;
  /** By pointer; empty when all fits. */
  readonly faults: Readonly<Record<string, FieldFault>>;
}

/** The value that the texts say. An empty field that nobody needs says nothing. */
export const readDraft = (form: FormField, draft: Draft): ReadForm => {
  const faults: Record<string, FieldFault> = {};
  const isBlank = (field: FormField): boolean =>
    field.kind === "group" ? field.fields.every(isBlank) : (draft[field.at] ?? "") === "";
  const read = (field: FormField): unknown => {
    if (field.kind === "group") {
      // What may be left out as a whole is not asked for its parts.
      if (field.at !== "" && !field.required && isBlank(field)) return undefined;
      const members: [string, unknown][] = [];
      for (const inner of field.fields) {
        const value = read(inner);
        if (value !== undefined) members.push([inner.name, value]);
      }
      return Object.fromEntries(members);
    }
    const typed = draft[field.at] ?? "";
    // An empty text is a text where one is needed and an empty one fits.
    const isText = field.kind === "text" && field.required && field.schema.minLength === 0;
    if (typed === "" && !isText) {
      if (field.required) faults[field.at] = { key: "missing" };
      return undefined;
    }
    const found = readField(typed, field);
    if ("value" in found) return found.value;
    faults[field.at] = found.fault;
    return undefined;
  };
  const value = read(form);
  return { value: isSchema(value) ? { ...value } : {}, faults };
};
