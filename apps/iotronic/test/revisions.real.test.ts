// The same on PostgreSQL, where writers do not take turns by themselves: revisions and names at once, previews, bulk operations.
process.env.TEST_DATABASE = "postgres";
await import("./revisions.test.ts");
await import("./bulk.test.ts");
