// What is wrong with a request, in the words of who typed it: the flag or the argument instead of the member of the wire that
// it fills. The names are alike by the house's rule; the few that are not are listed here.
import { fail } from "@s4t/sdk";
import type { Command } from "commander";
import { isS4tErrorLike } from "./errors.ts";

/** Members of the wire whose flag or argument bears another name. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  location: ["place"],
  password: ["passwordFile"],
  secret: ["passwordFile"],
  expiresInS: ["expires", "days"],
  deliver: ["whenOnline"],
  parameters: ["params"],
  version: ["versionId"],
};

/** `storeEveryS` → `storeEvery`, `labels` → `label`: flags leave out the unit and the plural. */
const namesOf = (member: string): string[] => [
  member,
  ...(Object.hasOwn(otherNames, member) ? (otherNames[member] ?? []) : []),
  member.replace(/S$/, ""),
  member.replace(/s$/, ""),
];

const typedAs = (command: Command, member: string): string | undefined => {
  // Every path begins with what the command is about, and so does every line.
  if (member === "uuid") return command.registeredArguments[0]?.name();
  for (const name of namesOf(member)) {
    const option = command.options.find((each) => each.attributeName() === name);
    if (option?.long) return option.long;
    const argument = command.registeredArguments.find((each) => each.name() === name);
    if (argument) return argument.name();
  }
  return undefined;
};

/** A bound with the unit that the member's name bears: a flag in days is bound in seconds all the same. */
const withUnit = (member: string, because: string): string =>
  /[a-z]S$/.test(member) && /[<>]=? \d+$/.test(because) ? `${because} seconds` : because;

/** The same error with the flag in it, where the command has one for what is wrong. */
export const inTypedWords = (command: Command, error: unknown): unknown => {
  if (!isS4tErrorLike(error) || error.code !== "request.invalid") return error;
  const { where, because } = (error.details ?? {}) as { where?: unknown; because?: unknown };
  if (typeof where !== "string" || typeof because !== "string") return error;
  const [part, ...members] = where.split("/");
  if (part !== "body" && part !== "query" && part !== "path") return error;
  // The innermost member that has a flag: `log/level` is `--log`.
  for (const member of members.reverse()) {
    const typed = typedAs(command, member);
    if (typed !== undefined)
      return fail("request.invalid", { where: typed, because: withUnit(member, because) }, error);
  }
  return error;
};
