import { integer, oneOf, secret, text } from "./setting.ts";

export const databaseSettings = {
  "database.driver": oneOf(["sqlite", "postgres"], "sqlite", "Where durable truth lives."),
  "database.postgres.url": secret(
    "Where PostgreSQL is: postgres://user:password@host:port/database. The user must own the database and be no superuser.",
  ),
  "database.postgres.connections": integer(1, 200, 10, "Most connections to PostgreSQL."),
  "observations.driver": oneOf(
    ["auto", "sqlite", "postgres"],
    "auto",
    "Where measured values live; auto means where the database is.",
  ),
  "observations.postgres.connections": integer(
    1,
    100,
    4,
    "Most connections to PostgreSQL for measured values, besides those of the database.",
  ),
  "audit.witness": text(
    null,
    "File that signed heads of the audit log are copied to; best on another machine's disk. DIR/witness.jsonl unless said.",
  ),
} as const;
