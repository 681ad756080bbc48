import { integer, oneOf, secret, text } from "./setting.ts";

export const databaseSettings = {
  "database.driver": oneOf(["sqlite", "postgres"], "sqlite", "Where durable truth lives."),
  "database.sqlite.thread": oneOf(
    ["main", "worker"],
    "main",
    "Which thread SQLite runs in: worker keeps the loop free on a slow disk.",
  ),
  "database.postgres.url": secret("postgres://user:password@host:port/database"),
  "database.postgres.connections": integer(1, 200, 10, "Most connections to PostgreSQL."),
  "audit.witness": text(
    null,
    "File that signed heads of the audit log are copied to; best on another machine's disk. DIR/witness.jsonl unless said.",
  ),
} as const;
