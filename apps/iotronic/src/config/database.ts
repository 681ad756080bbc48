import { integer, oneOf, secret } from "./setting.ts";

export const databaseSettings = {
  "database.driver": oneOf(["sqlite", "postgres"], "sqlite", "Where durable truth lives."),
  "database.postgres.url": secret(
    "Where PostgreSQL is: postgres://user:password@host:port/database. The user must own the database and be no superuser.",
  ),
  "database.postgres.connections": integer(1, 200, 10, "Most connections to PostgreSQL."),
} as const;
