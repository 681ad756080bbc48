// JSON on a command line: as it is, out of a file (`@FILE`), or from standard input (`-`).
import { readFile } from "node:fs/promises";
import { parseJson } from "@s4t/kit";
import { fail, MAX_PLUGIN_PARAMETERS_BYTES } from "@s4t/sdk";

/** Parses an object; `where` names what it came from. */
export const parseJsonObject = (text: string, where: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw fail("request.invalid", { where, because: "is not JSON" }, error);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw fail("request.invalid", { where, because: "must be a JSON object" });
  return value as Record<string, unknown>;
};

const readInput = async (): Promise<string> => {
  let text = "";
  for await (const piece of process.stdin) {
    text += String(piece);
    if (text.length > MAX_PLUGIN_PARAMETERS_BYTES) break;
  }
  return text;
};

/** The object that an argument means. Throws `request.invalid` and what the file system says. */
export const readJsonArgument = async (
  argument: string,
  flag: string,
): Promise<Record<string, unknown>> => {
  const text =
    argument === "-"
      ? await readInput()
      : argument.startsWith("@")
        ? await readFile(argument.slice(1), "utf8")
        : argument;
  return parseJsonObject(text, flag);
};
