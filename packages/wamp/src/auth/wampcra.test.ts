import { Bug, seeded } from "@s4t/kit";
import { expect, it } from "vitest";
import type { JoinRequest, Verdict } from "./authenticator.ts";
import { type CraOptions, craAuthenticator } from "./wampcra.ts";

const random = seeded(1);
const principal = { authid: "joe", authrole: "person" };
const salting = { salt: "c2FsdCBvZiBqb2UhISEhIQ==", iterations: 100, keylen: 32 };
const strangers = { secret: "of the router", saltLength: 24, iterations: 100, keylen: 32 };

const start = async (authid: string, options: Pick<CraOptions, "find" | "strangers">) => {
  const request: JoinRequest = { realm: "r", authid, authextra: {}, connection: {} };
  const verdict: Verdict = await craAuthenticator({
    ...options,
    now: () => 0,
    randomBytes: (size) => Uint8Array.from({ length: size }, () => random() * 256),
  }).start(request);
  if (verdict.kind !== "challenge") throw new TypeError(verdict.kind);
  return { ...verdict.extra, challenge: JSON.parse(String(verdict.extra.challenge)) };
};
/** What can be told apart: all but the name, what is random, and which salt it is. */
const lookOf = ({
  challenge,
  salt,
  ...rest
}: Awaited<ReturnType<typeof start>> & { salt?: unknown }) => ({
  ...rest,
  challenge: { ...challenge, authid: "", nonce: challenge.nonce.length },
  salt: typeof salt === "string" ? `base64 of ${salt.length}: ${/^[\w+/]+=*$/.test(salt)}` : salt,
});

it.each([
  ["plain secrets", {}, {}],
  ["salted secrets", { salting }, { strangers }],
])("a stranger is challenged like who is registered, with %s", async (_, how, options) => {
  const find = (authid: string) =>
    authid === "joe" ? { principal, secret: "secret", ...how } : undefined;
  const ask = (authid: string) => start(authid, { find, ...options });
  expect(lookOf(await ask("nobody"))).toEqual(lookOf(await ask("joe")));
  const saltOf = async (authid: string) => ((await ask(authid)) as { salt?: string }).salt;
  expect(await saltOf("nobody")).toBe(await saltOf("nobody"));
  if ("strangers" in options) expect(await saltOf("nobody")).not.toBe(await saltOf("somebody"));
});

it("salted secrets need a salt for strangers", async () => {
  const find = () => ({ principal, secret: "secret", salting });
  await expect(start("joe", { find })).rejects.toBeInstanceOf(Bug);
});
