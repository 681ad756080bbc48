// Runs conformance steps against a cloud: a base address and a token for each kind of person is all that it needs.
import type { Expected, Step, Who } from "./step.ts";

/** What a run is about. */
export interface Target {
  readonly url: string;
  readonly tokens: Readonly<Record<Exclude<Who, "nobody">, string>>;
  /** Known before: `{online}`, a board that is there. */
  readonly known: Readonly<Record<string, string>>;
}

/** The one place that says how a token is sent. */
export const tokenHeader = (token: string): Record<string, string> => ({ "x-auth-token": token });

const filled = (text: string, known: ReadonlyMap<string, string>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => known.get(name) ?? whole);

const filledIn = (value: unknown, known: ReadonlyMap<string, string>): unknown =>
  value === undefined ? undefined : JSON.parse(filled(JSON.stringify(value), known));

const at = (value: unknown, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>(
      (found, name) => (found as Record<string, unknown> | undefined)?.[name],
      value,
    );

/** Why a value is not what is expected, or undefined. */
export const mismatch = (found: unknown, expected: Expected, where = ""): string | undefined => {
  const told = `${where || "the answer"} is ${JSON.stringify(found)?.slice(0, 300)}`;
  if (typeof expected === "string" && expected.startsWith("~")) {
    if (expected === "~absent") return found === undefined ? undefined : `${told}, not absent`;
    const fits = typeof found === "string" && new RegExp(expected.slice(1)).test(found);
    return fits ? undefined : `${told}, not of the form ${expected.slice(1)}`;
  }
  if (typeof expected !== "object" || expected === null)
    return Object.is(found, expected) ? undefined : `${told}, not ${JSON.stringify(expected)}`;
  if (Array.isArray(expected)) {
    if (!Array.isArray(found) || found.length !== expected.length)
      return `${told}, not ${expected.length} items`;
  } else if (typeof found !== "object" || found === null || Array.isArray(found))
    return `${told}, not an object`;
  for (const [name, each] of Object.entries(expected as Record<string, Expected>)) {
    const wrong = mismatch((found as Record<string, unknown>)[name], each, `${where}/${name}`);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
};

const faultIn = (body: unknown): Record<string, unknown> | undefined => {
  const inner = (body as { error_message?: unknown } | undefined)?.error_message;
  return typeof inner === "string" ? JSON.parse(inner) : undefined;
};

const parsed = (text: string): unknown => {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
};

/** Makes the runner: one step after the other, each knowing what earlier ones kept. Answers why a step fails, or undefined. */
export const createRun = ({ url, tokens, known: given }: Target) => {
  const known = new Map(Object.entries(given));
  return async (step: Step): Promise<string | undefined> => {
    const { as = "manager", method = "GET", status = 200 } = step;
    const body =
      step.raw ??
      (step.body === undefined ? undefined : JSON.stringify(filledIn(step.body, known)));
    const response = await fetch(url + filled(step.path, known), {
      method,
      redirect: "manual",
      headers: {
        ...(as === "nobody" ? {} : tokenHeader(tokens[as])),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...step.headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const answer = parsed(text);
    if (response.status !== status)
      return `status ${response.status}, not ${status}: ${text.slice(0, 400)}`;
    for (const [name, value] of Object.entries(step.answerHeaders ?? {})) {
      const wrong = mismatch(
        response.headers.get(name) ?? undefined,
        filled(value, known),
        `header ${name}`,
      );
      if (wrong !== undefined) return wrong;
    }
    if (step.fault !== undefined) {
      const fault = faultIn(answer);
      const faultcode = status < 500 ? "Client" : "Server";
      const faultstring = `~${filled(step.fault, known)}`;
      const wrong = mismatch(fault, { debuginfo: null, faultcode, faultstring }, "fault");
      if (wrong !== undefined) return wrong;
    }
    if (step.answer !== undefined) {
      const wrong = mismatch(answer, filledIn(step.answer, known) as Expected);
      if (wrong !== undefined) return wrong;
    }
    for (const [name, path] of Object.entries(step.keep ?? {})) {
      const value = at(answer, path);
      if (value === undefined || value === null) return `${path} is not in ${text.slice(0, 300)}`;
      known.set(name, String(value));
    }
    return undefined;
  };
};
