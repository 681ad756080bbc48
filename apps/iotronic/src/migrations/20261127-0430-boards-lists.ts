import { sql } from "kysely";
import type { Migration } from "./migration.ts";

// A board that was never seen counts as seen at 0, so that lists by last seen have one order: the index must say the same.
const seen = "(coalesce(last_seen_at, 0))";

/** What lists of many boards are looked up by: labels as rows of their own, and the order by last seen. */
export const boardListsMigration: Migration = {
  name: "20261127-0430-boards-lists",
  up: async (database, dialect) => {
    const { schema } = database;
    await schema
      .createTable("boards_labels")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) =>
        column.notNull().references("boards.uuid").onDelete("cascade"),
      )
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("value", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("boards_labels_key", ["project_id", "name", "value", "board_id"])
      .execute();
    for (const [name, ...columns] of [
      ["boards_labels_all", "name", "value", "board_id"],
      ["boards_labels_board", "board_id", "name"],
    ] as const)
      await schema.createIndex(name).on("boards_labels").columns(columns).execute();
    const members = dialect === "sqlite" ? "json_each(labels)" : "json_each_text(labels::json)";
    await sql
      .raw(
        `insert into boards_labels (project_id, board_id, name, value) select project_id, uuid, l.key, l.value from boards, ${members} as l`,
      )
      .execute(database);
    for (const [name, columns] of [
      ["boards_project_last_seen_at", `project_id, ${seen}, uuid`],
      ["boards_all_last_seen_at", `${seen}, uuid`],
    ] as const) {
      await schema.dropIndex(name).execute();
      await sql.raw(`create index ${name} on boards (${columns})`).execute(database);
    }
  },
};
