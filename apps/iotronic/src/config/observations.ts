import { integer, oneOf } from "./setting.ts";

export const observationSettings = {
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
} as const;
