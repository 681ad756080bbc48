// What a router announces, used through a foreign client.
import { expect } from "vitest";
import type { Router } from "../../src/router/router.ts";
import {
  type Announced,
  type Details,
  type Foreign,
  failureOf,
  type House,
  waits,
} from "./foreign.ts";

const until = async (what: () => unknown, value: unknown): Promise<void> => {
  await expect.poll(what).toEqual(value);
};

/** Joins one session more. */
export type Join = (announces?: Announced) => Promise<Foreign>;
/** Uses one feature through a foreign client. */
type Exercise = (join: Join, house: House, router: Router) => Promise<void>;

const withParts: Announced = {
  caller: ["progressive_call_invocations"],
  callee: ["progressive_call_invocations", "call_canceling"],
};

/** Role and feature → its use. */
export const exercises: Readonly<Record<"broker" | "dealer", Readonly<Record<string, Exercise>>>> =
  {
    broker: {
      async pattern_based_subscription(join) {
        const [a, b] = [await join(), await join()];
        const heard: unknown[] = [];
        await a.subscribe("it.city", (args, { topic }) => heard.push(["prefix", topic, ...args]), {
          match: "prefix",
        });
        await a.subscribe(
          "it..lamp",
          (args, { topic }) => heard.push(["wildcard", topic, ...args]),
          {
            match: "wildcard",
          },
        );
        await b.publish("it.city.lamp", [1]);
        await b.publish("it.port.lamp", [2]);
        await b.publish("it.port.ship", [3]);
        await until(
          () => heard,
          [
            ["prefix", "it.city.lamp", 1],
            ["wildcard", "it.city.lamp", 1],
            ["wildcard", "it.port.lamp", 2],
          ],
        );
      },
      async publisher_exclusion(join) {
        const a = await join();
        const heard: unknown[] = [];
        await a.subscribe("it.own", (args) => heard.push(args[0]));
        await a.publish("it.own", ["not to me"]);
        const other = await join();
        await other.publish("it.own", ["from another"]);
        await until(() => heard, ["from another"]);
      },
      async publisher_identification(join) {
        const [a, b] = [await join(), await join()];
        const heard: Details[] = [];
        await a.subscribe("it.who", (_args, details) => heard.push(details));
        await b.publish("it.who", [], { disclose_me: true });
        await b.publish("it.who", []);
        await until(() => heard.map(({ publisher }) => publisher ?? null), [b.id, null]);
      },
      async subscriber_blackwhite_listing(join) {
        const [a, b, publisher] = [await join(), await join(), await join()];
        const heard: unknown[] = [];
        await a.subscribe("it.some", (args) => heard.push(["a", args[0]]));
        await b.subscribe("it.some", (args) => heard.push(["b", args[0]]));
        await publisher.publish("it.some", [1], { exclude: [a.id] });
        await publisher.publish("it.some", [2], { eligible: [a.id] });
        await publisher.publish("it.some", [3], { eligible_authrole: ["nobody"] });
        await publisher.publish("it.some", [4], { exclude_authid: ["anonymous"] });
        await publisher.publish("it.some", [5], {
          eligible_authid: ["anonymous"],
          exclude_authrole: ["x"],
        });
        await until(() => heard.length, 4);
        expect(heard).toEqual(
          expect.arrayContaining([
            ["b", 1],
            ["a", 2],
            ["a", 5],
            ["b", 5],
          ]),
        );
      },
      async event_retention(join) {
        const [a, b, c] = [await join(), await join(), await join()];
        await a.publish("it.kept.one", ["first"], { retain: true });
        await a.publish("it.kept.one", ["last"], { retain: true });
        await a.publish("it.kept.one", ["not kept"]);
        await a.publish("it.kept.two", ["for a"], { retain: true, eligible: [a.id] });
        const heard: unknown[] = [];
        await b.subscribe(
          "it.kept.one",
          (args, { retained }) => heard.push([args[0], retained === true]),
          { get_retained: true },
        );
        await until(() => heard, [["last", true]]);
        await a.publish("it.kept.one", ["live"]);
        await until(
          () => heard,
          [
            ["last", true],
            ["live", false],
          ],
        );
        // Nobody asked, and nobody who may not have it gets it.
        const other: unknown[] = [];
        await c.subscribe("it.kept.one", (args) => other.push(args[0]));
        await c.subscribe("it.kept.two", (args) => other.push(args[0]), { get_retained: true });
        await a.publish("it.kept.one", ["live"]);
        await until(() => other, ["live"]);
      },
      async event_history(join) {
        const [a, b] = [await join(), await join()];
        for (const one of [1, 2, 3]) await a.publish("it.past.rain", [one]);
        await a.publish("it.past.wind", ["north"]);
        await a.publish("it.past.rain", ["for a"], { eligible: [a.id] });
        await a.publish("it.past.rain", ["for nobody"], { eligible_authrole: ["nobody"] });
        await b.subscribe("it.past.rain", () => {});
        await b.subscribe("it.past", () => {}, { match: "prefix" });
        const idOf = (topic: string, match: string) =>
          b.call("wamp.subscription.lookup", [topic, { match }]);
        const told = async (id: unknown, kwargs?: Details) => {
          const events = await b.call("wamp.subscription.get_events", [id], {}, undefined, kwargs);
          return (events as Details[]).map(({ args, details }) => [
            (args as unknown[])[0],
            (details as Details).topic ?? null,
          ]);
        };
        const rain = await idOf("it.past.rain", "exact");
        // What other houses published before is kept as well.
        expect((await told(rain)).slice(-3)).toEqual([
          [1, null],
          [2, null],
          [3, null],
        ]);
        expect(await told(rain, { reverse: true, limit: 2 })).toEqual([
          [3, null],
          [2, null],
        ]);
        expect(await told(await idOf("it.past", "prefix"), { reverse: true, limit: 2 })).toEqual([
          ["north", "it.past.wind"],
          [3, "it.past.rain"],
        ]);
        await b.subscribe("it.unkept", () => {});
        const unkept = await idOf("it.unkept", "exact");
        expect(await failureOf(b.call("wamp.subscription.get_events", [unkept]))).toBe(
          "wamp.error.history_unavailable",
        );
      },
      async publication_trustlevels(join) {
        const [a, b] = [await join(), await join()];
        const heard: unknown[] = [];
        const hear = (_args: readonly unknown[], details: Details) =>
          heard.push(details.trustlevel);
        await a.subscribe("it.trusted.one", hear);
        await a.subscribe("it.stranger", hear);
        await b.publish("it.trusted.one", []);
        await b.publish("it.stranger", []);
        await until(() => heard, [3, 0]);
      },
      async subscription_revocation(join, house) {
        const [a, b] = [await join(), await join()];
        const heard: unknown[] = [];
        const subscription = await b.subscribe("it.taken", (args) => heard.push(args[0]));
        const id = await a.call("wamp.subscription.lookup", ["it.taken"]);
        const revoked = b.whenRevoked?.(subscription);
        await a.call("wamp.subscription.remove_subscriber", [id, b.id, "it.enough"]);
        if (!house.without.includes("on_revoked")) expect(await revoked).toBe("it.enough");
        await a.publish("it.taken", ["nobody hears it"]);
        expect(await a.call("wamp.subscription.lookup", ["it.taken"])).toBe(null);
        expect(heard).toEqual([]);
        const again: unknown[] = [];
        await b.subscribe("it.taken.anew", (args) => again.push(args[0]));
        await a.publish("it.taken.anew", ["heard"]);
        await until(() => again, ["heard"]);
      },
      async session_meta_api(join) {
        const a = await join();
        const heard: unknown[] = [];
        await a.subscribe("wamp.session.on_join", (args) =>
          heard.push((args[0] as Details).session),
        );
        await a.subscribe("wamp.session.on_leave", (args) => heard.push(args[0]));
        const b = await join();
        await until(() => heard, [b.id]);
        await b.close();
        await until(() => heard, [b.id, b.id]);
      },
      async subscription_meta_api(join) {
        const a = await join();
        const heard: unknown[] = [];
        await a.subscribe("wamp.subscription.on_create", (args) =>
          heard.push((args[1] as Details).uri),
        );
        const told: unknown[] = [];
        for (const what of ["on_subscribe", "on_unsubscribe", "on_delete"])
          await a.subscribe(`wamp.subscription.${what}`, (args) => told.push([what, ...args]));
        const b = await join();
        told.length = 0;
        await b.subscribe("it.met", () => {});
        await until(() => heard.at(-1), "it.met");
        const id = await a.call("wamp.subscription.lookup", ["it.met"]);
        expect(await a.call("wamp.subscription.count_subscribers", [id])).toBe(1);
        expect(await a.call("wamp.subscription.get", [id])).toMatchObject({
          uri: "it.met",
          match: "exact",
        });
        expect(await a.call("wamp.subscription.match", ["it.met"])).toEqual([id]);
        expect(await a.call("wamp.subscription.list_subscribers", [id])).toEqual([b.id]);
        const gone = b.id;
        await b.close();
        await until(
          () => told,
          [
            ["on_subscribe", gone, id],
            ["on_unsubscribe", gone, id],
            ["on_delete", gone, id],
          ],
        );
      },
    },
    dealer: {
      async call_canceling(join, house) {
        const [a, b] = [await join(), await join()];
        let calls = 0;
        await b.register("it.slow", () => {
          calls += 1;
          return new Promise((resolve) => setTimeout(resolve, 150, "late"));
        });
        for (const mode of house.cancelModes) {
          const call = a.call("it.slow");
          const ended = failureOf(call);
          await until(() => calls > 0, true);
          call.cancel?.(mode);
          expect(String(await ended)).toMatch(/cancel/i);
        }
        expect(await a.call("it.slow")).toBe("late");
      },
      async call_timeout(join) {
        const [a, b] = [await join(), await join()];
        // Whoever is heard no more still answers, with what every serializer can write.
        await b.register("it.never", () => waits(400).then(() => null));
        expect(await failureOf(a.call("it.never", [], { timeout: 40 }))).toBe("wamp.error.timeout");
      },
      async caller_identification(join) {
        const [a, b] = [await join(), await join()];
        await b.register("it.whoami", (_args, { caller }) => caller ?? null);
        expect(await a.call("it.whoami", [], { disclose_me: true })).toBe(a.id);
        expect(await a.call("it.whoami")).toBe(null);
      },
      async pattern_based_registration(join) {
        const [a, b] = [await join(), await join()];
        await b.register("it.all", (_args, { procedure }) => ["prefix", procedure].join(" "), {
          match: "prefix",
        });
        await b.register("it..dim", (_args, { procedure }) => ["wildcard", procedure].join(" "), {
          match: "wildcard",
        });
        expect(await a.call("it.all.dim")).toBe("prefix it.all.dim");
        expect(await a.call("it.lamp.dim")).toBe("wildcard it.lamp.dim");
        expect(await failureOf(a.call("it.lamp.bright"))).toBe("wamp.error.no_such_procedure");
      },
      async call_trustlevels(join) {
        const [a, b] = [await join(), await join()];
        await b.register("it.trusted.one", (_args, { trustlevel }) => trustlevel ?? null);
        await b.register("it.stranger", (_args, { trustlevel }) => trustlevel ?? null);
        expect(await a.call("it.trusted.one")).toBe(3);
        expect(await a.call("it.stranger")).toBe(0);
      },
      async progressive_call_invocations(join) {
        const [a, b, plain] = [await join(withParts), await join(withParts), await join()];
        const heard: unknown[] = [];
        await b.register("it.parts", ([part], { progress }, answer) => {
          heard.push([part, progress === true]);
          answer(part);
          return progress === true ? new Promise(() => {}) : "whole";
        });
        const told: unknown[] = [];
        const work = a.callInParts?.("it.parts", ["one", "two", "three"], (one) => told.push(one));
        expect(await work).toBe("whole");
        expect(heard).toEqual([
          ["one", true],
          ["two", true],
          ["three", false],
        ]);
        expect(told).toEqual(["one", "two", "three"]);
        await plain.register("it.whole", () => "never asked");
        expect(await failureOf(a.callInParts?.("it.whole", [1, 2]) as Promise<unknown>)).toBe(
          "wamp.error.feature_not_supported",
        );
        // What went on with a call that was refused harmed nobody.
        expect(await a.callInParts?.("it.parts", ["four"])).toBe("whole");
      },
      async progressive_call_results(join) {
        const [a, b] = [await join(), await join()];
        await b.register("it.steps", async (_args, _details, progress) => {
          progress(1);
          progress(2);
          await waits(5);
          return 3;
        });
        const heard: unknown[] = [];
        expect(await a.call("it.steps", [], {}, (value) => heard.push(value))).toBe(3);
        expect(heard).toEqual([1, 2]);
      },
      async shared_registration(join) {
        const [caller, a, b] = [await join(), await join(), await join()];
        const uses: Readonly<Record<string, readonly string[]>> = {
          ...{ roundrobin: ["a", "b", "a", "b"], first: ["a", "a"], last: ["b", "b"] },
        };
        for (const [invoke, expected] of Object.entries(uses)) {
          await a.register(`it.shared.${invoke}`, () => "a", { invoke });
          await b.register(`it.shared.${invoke}`, () => "b", { invoke });
          for (const name of expected) expect(await caller.call(`it.shared.${invoke}`)).toBe(name);
        }
        await a.register("it.shared.random", () => "a", { invoke: "random" });
        await b.register("it.shared.random", () => "b", { invoke: "random" });
        const chosen = new Set<unknown>();
        for (let i = 0; i < 64 && chosen.size < 2; i += 1)
          chosen.add(await caller.call("it.shared.random"));
        expect([...chosen].sort()).toEqual(["a", "b"]);
        await a.register("it.single", () => "a");
        expect(await failureOf(b.register("it.single", () => "b"))).toMatch(
          /procedure_already_exists/,
        );
      },
      async registration_revocation(join, house) {
        const [a, b] = [await join(), await join()];
        const registration = await b.register("it.taken", () => "there");
        expect(await a.call("it.taken")).toBe("there");
        const id = await a.call("wamp.registration.lookup", ["it.taken"]);
        const revoked = b.whenRevoked?.(registration);
        await a.call("wamp.registration.remove_callee", [id, b.id, "it.enough"]);
        if (!house.without.includes("on_revoked")) expect(await revoked).toBe("it.enough");
        expect(await failureOf(a.call("it.taken"))).toBe("wamp.error.no_such_procedure");
        await b.register("it.taken.anew", () => "still here");
        expect(await a.call("it.taken.anew")).toBe("still here");
        expect(await failureOf(a.call("wamp.registration.remove_callee", [id, b.id]))).toBe(
          "wamp.error.no_such_registration",
        );
      },
      async testament_meta_api(join) {
        const [a, b] = [await join(), await join()];
        const heard: unknown[] = [];
        await a.subscribe("it.last_words", (args) => heard.push(args[0]));
        const add = (words: string) =>
          b.call("wamp.session.add_testament", ["it.last_words", [words], {}]);
        await add("taken back");
        expect(await b.call("wamp.session.flush_testaments")).toBe(1);
        await add("one");
        await add("two");
        expect(await failureOf(b.call("wamp.session.add_testament", [7]))).toBe(
          "wamp.error.invalid_argument",
        );
        expect(heard).toEqual([]);
        await b.close();
        await until(() => heard, ["one", "two"]);
      },
      async session_meta_api(join, _house, router) {
        const [a, b] = [await join(), await join()];
        expect(await a.call("wamp.session.count")).toBe(2);
        expect(await a.call("wamp.session.list", [["anonymous"]])).toEqual(
          expect.arrayContaining([a.id, b.id]),
        );
        expect(await a.call("wamp.session.get", [b.id])).toMatchObject({
          session: b.id,
          authmethod: "anonymous",
        });
        expect(await failureOf(a.call("wamp.session.get", [1]))).toBe("wamp.error.no_such_session");
        await a.call("wamp.session.kill", [b.id]);
        await until(() => router.counts().sessions, 1);
        await join();
        // Whoever asks is left out.
        expect(await a.call("wamp.session.kill_by_authid", ["nobody"])).toBe(0);
        expect(await a.call("wamp.session.kill_by_authid", ["anonymous"])).toBe(1);
        await join();
        await join();
        expect(await a.call("wamp.session.kill_by_authrole", ["anonymous"])).toBe(2);
        await join();
        expect(await a.call("wamp.session.kill_all")).toBe(1);
        await until(() => router.counts().sessions, 1);
      },
      async registration_meta_api(join) {
        const [a, b] = [await join(), await join()];
        const heard: unknown[] = [];
        await a.subscribe("wamp.registration.on_create", (args) =>
          heard.push((args[1] as Details).uri),
        );
        const told: unknown[] = [];
        for (const what of ["on_register", "on_unregister", "on_delete"])
          await a.subscribe(`wamp.registration.${what}`, (args) => told.push([what, ...args]));
        await b.register("it.met", () => 1);
        await until(() => heard, ["it.met"]);
        const id = await a.call("wamp.registration.match", ["it.met"]);
        expect(await a.call("wamp.registration.lookup", ["it.met"])).toBe(id);
        expect(await a.call("wamp.registration.get", [id])).toMatchObject({
          uri: "it.met",
          invoke: "single",
        });
        expect(await a.call("wamp.registration.count_callees", [id])).toBe(1);
        expect(await a.call("wamp.registration.list_callees", [id])).toEqual([b.id]);
        const gone = b.id;
        await b.close();
        await until(
          () => told,
          [
            ["on_register", gone, id],
            ["on_unregister", gone, id],
            ["on_delete", gone, id],
          ],
        );
      },
    },
  };
