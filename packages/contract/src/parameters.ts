// Parameters of a plugin: which JSON Schema (2020-12) may describe them, and whether given ones fit. Only words that are checked
// in time bounded by the value: no patterns and no references, since schema and value both come from strangers.
import type { TSchema } from "typebox";
import { Check, Errors } from "typebox/value";
import { whyUnfit } from "./check.ts";
import { fail } from "./errors/index.ts";

/** Deepest schema of parameters: deeper no form shows it. */
export const MAX_PARAMETER_DEPTH = 8;
/** Most properties of one object in it. */
export const MAX_PARAMETER_PROPERTIES = 100;

const types = ["string", "number", "integer", "boolean", "null", "object", "array"];
const isText = (value: unknown): boolean => typeof value === "string" && value.length <= 1_000;
const isNumber = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
const anything = (): boolean => true;

type Members = Readonly<Record<string, unknown>>;
const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const words: Readonly<Record<string, (value: unknown) => boolean>> = {
  $schema: isText,
  title: isText,
  description: isText,
  type: (value) => types.includes(value as string),
  default: anything,
  examples: Array.isArray,
  const: anything,
  enum: (value) => Array.isArray(value) && value.length > 0 && value.length <= 1_000,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  required: (value) => Array.isArray(value) && value.every(isText),
  additionalProperties: (value) => typeof value === "boolean",
};

/** Why a schema cannot describe parameters, or undefined. The outermost must be an object. */
export const parameterSchemaFault = (schema: unknown): string | undefined => {
  const faultOf = (value: unknown, where: string, depth: number): string | undefined => {
    if (!isMembers(value)) return `${where} is not a schema`;
    if (depth > MAX_PARAMETER_DEPTH) return `${where} is nested deeper than ${MAX_PARAMETER_DEPTH}`;
    for (const [word, said] of Object.entries(value)) {
      if (word === "items") {
        const fault = faultOf(said, `${where}/items`, depth + 1);
        if (fault !== undefined) return fault;
      } else if (word === "properties") {
        if (!isMembers(said) || Object.keys(said).length > MAX_PARAMETER_PROPERTIES)
          return `${where}/properties is not an object of at most ${MAX_PARAMETER_PROPERTIES}`;
        for (const [name, inner] of Object.entries(said)) {
          const fault = faultOf(inner, `${where}/properties/${name}`, depth + 1);
          if (fault !== undefined) return fault;
        }
      } else if (!Object.hasOwn(words, word)) return `${where} uses the word ${word}`;
      else if (!words[word]?.(said)) return `${where}/${word} has a wrong value`;
    }
    return undefined;
  };
  if (isMembers(schema) && schema.type !== "object") return "parameters must be of type object";
  return faultOf(schema, "parameters", 1);
};

/** Defaults of a schema's properties, by name. */
export const parameterDefaults = (schema: Members | null): Record<string, unknown> => {
  const properties = schema && isMembers(schema.properties) ? schema.properties : {};
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, inner]) =>
      isMembers(inner) && Object.hasOwn(inner, "default") ? [[name, inner.default]] : [],
    ),
  );
};

/**
 * Parameters of a call: the schema's defaults, over them what the board keeps, over them what the caller says. Throws
 * `plugin.parameters-invalid` where they do not fit.
 */
export const resolveParameters = (
  schema: Members | null,
  ...given: readonly Members[]
): Record<string, unknown> => {
  const parameters = Object.assign(parameterDefaults(schema), ...given) as Record<string, unknown>;
  if (schema === null || Check(schema as TSchema, parameters)) return parameters;
  const [first] = Errors(schema as TSchema, parameters);
  throw fail("plugin.parameters-invalid", {
    where: `parameters${first?.instancePath ?? ""}`,
    because: whyUnfit(first),
  });
};
