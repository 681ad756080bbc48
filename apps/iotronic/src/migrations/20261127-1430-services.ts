import type { Migration } from "./migration.ts";

/** Services, what of them is exposed, leases of public ports, forwards under way. */
export const servicesMigration: Migration = {
  name: "20261127-1430-services",
  up: async ({ schema }) => {
    await schema
      .createTable("services")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("protocol", "text", (column) => column.notNull())
      .addColumn("host", "text", (column) => column.notNull())
      .addColumn("port", "integer", (column) => column.notNull())
      .addColumn("description", "text", (column) => column.notNull())
      .addColumn("labels", "text", (column) => column.notNull())
      .addColumn("rev", "bigint", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .execute();
    await schema
      .createIndex("services_name")
      .on("services")
      .columns(["project_id", "name"])
      .unique()
      .execute();
    await schema
      .createTable("services_exposures")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) => column.notNull())
      .addColumn("service_id", "text", (column) => column.notNull())
      .addColumn("public_port", "integer", (column) => column.notNull())
      .addColumn("sources", "text", (column) => column.notNull())
      .addColumn("expires_at", "bigint")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("created_by", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("services_exposures_key", ["board_id", "service_id"])
      .execute();
    await schema
      .createIndex("services_exposures_port")
      .on("services_exposures")
      .column("public_port")
      .unique()
      .execute();
    await schema
      .createIndex("services_exposures_list")
      .on("services_exposures")
      .columns(["project_id", "board_id", "service_id"])
      .execute();
    await schema
      .createIndex("services_exposures_service")
      .on("services_exposures")
      .columns(["project_id", "service_id"])
      .execute();
    // Who had a public port last: it is not given to somebody else while old clients may still come for it.
    await schema
      .createTable("services_ports")
      .addColumn("port", "integer", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) => column.notNull())
      .addColumn("service_id", "text", (column) => column.notNull())
      .addColumn("released_at", "bigint")
      .execute();
    await schema
      .createTable("services_forwards")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) => column.notNull())
      .addColumn("host", "text", (column) => column.notNull())
      .addColumn("port", "integer", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .execute();
    await schema
      .createIndex("services_forwards_board")
      .on("services_forwards")
      .columns(["project_id", "board_id"])
      .execute();
  },
};
