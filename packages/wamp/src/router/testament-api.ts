// The procedures of testaments (WAMP: Testaments): a session adds what is to be published when it is gone, or takes it back.
import { wampErrors } from "../error.ts";
import { type Dict, isDict } from "../messages/message.ts";
import type { Admission } from "./admission.ts";
import { eventFilterOf } from "./event-filter.ts";
import type { Refusal } from "./member.ts";
import type { MetaProcedure } from "./meta-api.ts";
import {
  MAX_TESTAMENT_LENGTH,
  MAX_TESTAMENTS,
  type TestamentScope,
  type Testaments,
} from "./testaments.ts";

const wrong = (message: string): Refusal => ({ uri: wampErrors.invalidArgument, message });
const full = (message: string): Refusal => ({ uri: wampErrors.unavailable, message });
const scopeOf = (kwargs: Dict | undefined): TestamentScope | undefined => {
  const scope = kwargs?.scope ?? "destroyed";
  return scope === "detached" || scope === "destroyed" ? scope : undefined;
};

/** They act for their caller alone. What may not be published now is refused now. */
export const testamentProcedures = (
  testaments: Testaments,
  admit: Admission,
): Readonly<Record<string, MetaProcedure>> => ({
  "wamp.session.add_testament": ({ args: given, kwargs }, caller) => {
    const [topic, args = [], kwargsToBe = {}] = given ?? [];
    const options = kwargs?.publish_options ?? {};
    const scope = scopeOf(kwargs);
    if (typeof topic !== "string" || !Array.isArray(args) || !isDict(kwargsToBe))
      return wrong("A topic, a list of arguments and keyword arguments, please.");
    if (!isDict(options) || scope === undefined)
      return wrong("publish_options are a dictionary, scope is detached or destroyed.");
    const filter = eventFilterOf(options);
    if (typeof filter === "string") return wrong(filter);
    const refusal = admit(caller, "publish", topic, options);
    if (refusal) return refusal;
    if (JSON.stringify([args, kwargsToBe, options]).length > MAX_TESTAMENT_LENGTH)
      return full(`A testament may have ${MAX_TESTAMENT_LENGTH} characters.`);
    const testament = { scope, topic, args, kwargs: kwargsToBe, options };
    return testaments.add(caller, testament)
      ? {}
      : full(`No more than ${MAX_TESTAMENTS} testaments.`);
  },
  "wamp.session.flush_testaments": ({ kwargs }, caller) => {
    const scope = scopeOf(kwargs);
    return scope === undefined
      ? wrong("A scope is detached or destroyed.")
      : { args: [testaments.flush(caller, scope)] };
  },
});
