// Who of the followers gets an event (WAMP: Subscriber Black- and Whitelisting, Publisher Exclusion). An empty list of the eligible
// lets nobody through; the excluded are taken from the eligible.
import type { Dict } from "../messages/message.ts";
import { roughBytes } from "../messages/values.ts";
import { isAbsent } from "./admission.ts";
import type { Member } from "./member.ts";

/** Whether a follower gets an event; undefined stands for "all do". */
export type EventFilter = (follower: Member) => boolean;

const lists = [
  ["exclude", "id"],
  ["exclude_authid", "authid"],
  ["exclude_authrole", "authrole"],
  ["eligible", "id"],
  ["eligible_authid", "authid"],
  ["eligible_authrole", "authrole"],
] as const;

const members = new Set<string>(lists.map(([name]) => name));

/** What an entry of a set takes beside its value, in bytes, roughly. */
const ENTRY_BYTES = 32;

/** What the lists of `options` take in memory while a filter of theirs is kept, in bytes, roughly. */
export const filterBytes = (options: Dict): number => {
  let bytes = 0;
  for (const [name] of lists) {
    const given = options[name];
    if (Array.isArray(given)) bytes += ENTRY_BYTES * given.length + roughBytes(given);
  }
  return bytes;
};

/** The filter that `options` of a PUBLISH ask for; a sentence where one of its lists is none. */
export const eventFilterOf = (options: Dict): EventFilter | string | undefined => {
  let hasList = false;
  for (const name in options) if (members.has(name)) hasList = true;
  if (!hasList) return undefined;
  const tests: EventFilter[] = [];
  for (const [name, member] of lists) {
    const given = options[name];
    if (isAbsent(given)) continue;
    const wanted = member === "id" ? "number" : "string";
    if (!Array.isArray(given) || given.some((one) => typeof one !== wanted))
      return `${name} is not a list of ${wanted}s.`;
    const set: ReadonlySet<unknown> = new Set(given);
    const isEligible = name.startsWith("eligible");
    tests.push(({ info }) => set.has(info[member]) === isEligible);
  }
  if (tests.length === 0) return undefined;
  return (follower) => tests.every((test) => test(follower));
};
