import { createLog, systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import { embeddedIdentity } from "../../drivers/identity/embedded/index.ts";
import type { Delegated } from "../../policy/index.ts";
import type { Database } from "../../ports/database.ts";
import { createRecords } from "./records.ts";
import { createShadows } from "./shadows.ts";
import { createTokens } from "./tokens.ts";

/** A database whose tables have one row each, or none, whatever is asked. */
const holding = (rows: Readonly<Record<string, unknown>>): Database => {
  const asking = (table: string): unknown =>
    new Proxy(
      {},
      {
        get: (_, name) => {
          if (name === "executeTakeFirst") return async () => rows[table];
          if (name === "compile") return () => ({ table, parameters: [] });
          return name === "execute" ? async () => [] : () => asking(table);
        },
      },
    );
  const run = async ({ table }: { table: string }) => ({
    rows: table in rows ? [rows[table]] : [],
  });
  const reader = { queries: { selectFrom: asking }, dialect: "sqlite", run };
  return {
    read: (_scope: unknown, look: (given: unknown) => unknown) => look(reader),
  } as unknown as Database;
};

it("knows somebody with however many delegations", async () => {
  const now = systemClock.now();
  const each = {
    uuid: "d",
    board: "b",
    boardName: "b",
    project: "p",
    actions: new Set(),
    depth: 0,
  };
  // More than a function takes arguments.
  const given = Array.from({ length: 200_000 }, () => ({ ...each, untilMs: now + 60_000 }));
  const database = holding({
    identity_tokens: {
      ...{ uuid: "t", user_id: "u", expires_at: now + 60_000, scope: null },
      ...{ project_id: null, sealed: null, credential_id: null },
    },
    identity_users: { uuid: "u", name: "admin", status: "active", admin: 1, foreign_id: null },
  });
  const people = embeddedIdentity(() => createRecords({ database }));
  const deps = { database, people, clock: systemClock, log: createLog(() => {}, "error") };
  const shadows = createShadows({ ...deps, audit: undefined as never, projectNames: new Map() });
  const delegationsOf = async () => given as unknown as readonly Delegated[];
  const found = await createTokens({ delegationsOf, ...deps, shadows }).find("secret");
  expect(found).toMatchObject({ uuid: "u", delegated: { length: given.length } });
});

it("makes no owner of a credential that went between two looks", async () => {
  const token = { uuid: "t", user_id: "u", expires_at: systemClock.now() + 60_000, scope: null };
  const findWith = (credential_id: string | null) => {
    const database = holding({
      identity_tokens: { ...token, project_id: null, sealed: null, credential_id },
      identity_users: { uuid: "u", name: "admin", status: "active", admin: 1, foreign_id: null },
    });
    const people = embeddedIdentity(() => createRecords({ database }));
    const deps = { database, people, clock: systemClock, log: createLog(() => {}, "error") };
    const shadows = createShadows({ ...deps, audit: undefined as never, projectNames: new Map() });
    return createTokens({ delegationsOf: async () => [], ...deps, shadows }).find("secret");
  };
  expect(await findWith(null)).toMatchObject({ kind: "user", uuid: "u", admin: true });
  expect(await findWith("gone")).toBeUndefined();
});
