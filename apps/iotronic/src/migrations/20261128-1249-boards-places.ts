import { sql } from "kysely";
import type { Migration } from "./migration.ts";

const columns = ["place_x", "place_y", "place_z"] as const;
const rowsAtOnce = 500;

/** Where boards are, as vectors of length 1 on the ball: what lists look up by, wherever a list begins on the earth. */
export const boardPlacesMigration: Migration = {
  name: "20261128-1249-boards-places",
  up: async (database) => {
    const { schema } = database;
    for (const column of columns)
      await schema.alterTable("boards").addColumn(column, "double precision").execute();
    for (let after = ""; ; ) {
      const { rows } = await sql<{ uuid: string; location: string }>`
        select uuid, location from boards where location is not null and uuid > ${after}
        order by uuid limit ${sql.lit(rowsAtOnce)}`.execute(database);
      for (const { uuid, location } of rows) {
        const { latitude, longitude } = JSON.parse(location);
        const [phi, lambda] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
        const [x, y, z] = [
          Math.cos(phi) * Math.cos(lambda),
          Math.cos(phi) * Math.sin(lambda),
          Math.sin(phi),
        ];
        await sql`update boards set place_x = ${x}, place_y = ${y}, place_z = ${z} where uuid = ${uuid}`.execute(
          database,
        );
      }
      const last = rows.at(-1);
      if (!last || rows.length < rowsAtOnce) break;
      after = last.uuid;
    }
    await schema
      .createIndex("boards_place")
      .on("boards")
      .columns(["place_z", "place_x", "place_y", "uuid"])
      .execute();
  },
};
