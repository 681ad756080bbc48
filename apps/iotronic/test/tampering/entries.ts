// Tampering by who owns the database: rows alone.
import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { leafOf } from "../../src/modules/audit/merkle.ts";

import { atOf, type Choose, resaid, rewritten, type Tampering } from "./victim.ts";

/** Changes of the rows alone. */
export const ofEntries = (pick: Choose): readonly Tampering[] => {
  const at = atOf;
  const columns = ["at", "action", "actor_id", "resource_id", "payload", "salt", "leaf"] as const;
  return [
    [
      "a column changed",
      async ({ queries, size }) => {
        const column = columns[pick(columns.length)] ?? "action";
        const row = await at(queries, pick(size));
        const value =
          column === "at"
            ? Number(row.at) + 1
            : column === "leaf" || column === "salt"
              ? randomBytes(column === "salt" ? 16 : 32).toString("hex")
              : `${row[column]}x`;
        await queries
          .updateTable("audit_entries")
          .set({ [column]: value })
          .where("uuid", "=", row.uuid)
          .execute();
      },
    ],
    [
      "an entry rewritten with a leaf that fits",
      async ({ queries, size }) => {
        const row = await at(queries, pick(size));
        await queries
          .updateTable("audit_entries")
          .set(rewritten(row.payload ?? "{}", "board.show"))
          .where("uuid", "=", row.uuid)
          .execute();
      },
    ],
    [
      "an entry emptied as if it had been erased",
      async ({ queries, size }) => {
        await queries
          .updateTable("audit_entries")
          .set({ payload: null, salt: null, actor_id: "", resource_id: null })
          .where("idx", "=", pick(size))
          .execute();
      },
    ],
    [
      "an entry deleted",
      async ({ queries, size }) => {
        await queries.deleteFrom("audit_entries").where("idx", "=", pick(size)).execute();
      },
    ],
    [
      "an entry deleted and the rest moved up",
      async ({ queries, size }) => {
        const gone = pick(size);
        await queries.deleteFrom("audit_entries").where("idx", "=", gone).execute();
        for (let idx = gone + 1; idx < size; idx += 1)
          await queries
            .updateTable("audit_entries")
            .set({ idx: idx - 1 })
            .where("idx", "=", idx)
            .execute();
      },
    ],
    [
      "an entry inserted in the middle",
      async ({ queries, size }) => {
        const place = pick(size);
        const row = await at(queries, place);
        for (let idx = size - 1; idx >= place; idx -= 1)
          await queries
            .updateTable("audit_entries")
            .set({ idx: idx + 1 })
            .where("idx", "=", idx)
            .execute();
        await queries
          .insertInto("audit_entries")
          .values({
            ...row,
            ...rewritten(row.payload ?? "{}", "x"),
            uuid: `${row.uuid}x`,
            idx: place,
          })
          .execute();
      },
    ],
    [
      "two entries exchanged",
      async ({ queries, size }) => {
        const a = pick(size - 1);
        await queries.updateTable("audit_entries").set({ idx: -1 }).where("idx", "=", a).execute();
        await queries
          .updateTable("audit_entries")
          .set({ idx: a })
          .where("idx", "=", a + 1)
          .execute();
        await queries
          .updateTable("audit_entries")
          .set({ idx: a + 1 })
          .where("idx", "=", -1)
          .execute();
      },
    ],
    [
      "the end cut off",
      async ({ queries, size }) => {
        await queries.deleteFrom("audit_entries").where("idx", ">=", pick(size)).execute();
      },
    ],
    [
      "the last entry deleted",
      async ({ queries, size }) => {
        await queries
          .deleteFrom("audit_entries")
          .where("idx", "=", size - 1)
          .execute();
      },
    ],
    [
      "an entry's number taken away",
      async ({ queries, size }) => {
        const { uuid } = await at(queries, pick(size));
        await sql`update audit_entries set idx = null where uuid = ${uuid}`.execute(queries);
      },
    ],
    [
      "an entry given a new salt, with a leaf that fits",
      async ({ queries, size }) => {
        const row = await at(queries, pick(size));
        await queries
          .updateTable("audit_entries")
          .set(resaid(row.payload ?? "{}", {}))
          .where("uuid", "=", row.uuid)
          .execute();
      },
    ],
    [
      "an entry moved to another time, with a leaf that fits",
      async ({ queries, size }) => {
        const row = await at(queries, pick(size));
        const moved = Number(row.at) - 3_600_000;
        await queries
          .updateTable("audit_entries")
          .set({ ...resaid(row.payload ?? "{}", { at: moved }), at: moved })
          .where("uuid", "=", row.uuid)
          .execute();
      },
    ],
    [
      "an entry moved to another project, with a leaf that fits",
      async ({ queries, size }) => {
        const row = await at(queries, pick(size));
        const project = row.project_id === null ? "elsewhere" : null;
        await queries
          .updateTable("audit_entries")
          .set({ ...resaid(row.payload ?? "{}", { project }), project_id: project })
          .where("uuid", "=", row.uuid)
          .execute();
      },
    ],
    [
      "what two entries of two projects say exchanged, leaves and all",
      async ({ queries, size }) => {
        const one = pick(size - 1);
        const a = await at(queries, one);
        const b = await at(queries, one + 1);
        const put = ({ uuid: _, idx: __, ...said }: typeof a, uuid: string) =>
          queries.updateTable("audit_entries").set(said).where("uuid", "=", uuid).execute();
        await put(a, b.uuid);
        await put(b, a.uuid);
      },
    ],
    [
      "an entry that is no entry, with a leaf that fits",
      async ({ queries, size }) => {
        const row = await at(queries, pick(size));
        const salt = randomBytes(16);
        await queries
          .updateTable("audit_entries")
          .set({ payload: "no", salt: salt.toString("hex"), leaf: leafOf(salt, "no") })
          .where("uuid", "=", row.uuid)
          .execute();
      },
    ],
    [
      "an entry forged at the end",
      async ({ queries, size }) => {
        const row = await at(queries, pick(size));
        const said = resaid(row.payload ?? "{}", { uuid: `${row.uuid}y` });
        await queries
          .insertInto("audit_entries")
          .values({ ...row, ...said, uuid: `${row.uuid}y`, idx: size })
          .execute();
      },
    ],
  ];
};
