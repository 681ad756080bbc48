import { createLog, systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import type { Database } from "../../ports/database.ts";
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

it("makes no owner of a credential that went between two looks", async () => {
  const token = { uuid: "t", user_id: "u", expires_at: systemClock.now() + 60_000, scope: null };
  const findWith = (credential_id: string | null) =>
    createTokens({
      database: holding({
        identity_tokens: { ...token, project_id: null, credential_id },
        identity_users: { uuid: "u", name: "admin", status: "active", admin: 1 },
      }),
      clock: systemClock,
      log: createLog(() => {}, "error"),
    }).find("secret");
  expect(await findWith(null)).toMatchObject({ kind: "user", uuid: "u", admin: true });
  expect(await findWith("gone")).toBeUndefined();
});
