// What every database driver promises. A driver's own test calls this with how it is made.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProjectId } from "@s4t/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { everything, within } from "../policy/index.ts";
import type { Database, Tx } from "./database.ts";

export interface DatabaseSetup {
  /** A started, migrated, empty database. */
  readonly open: () => Promise<Database>;
  readonly close: () => Promise<void>;
}

const project = "0192f0a0-0000-7000-8000-000000000001" as ProjectId;
const other = "0192f0a0-0000-7000-8000-000000000002" as ProjectId;

/** Runs the promises. */
export const databaseConformance = (name: string, setup: DatabaseSetup): void => {
  describe(`database: ${name}`, () => {
    let database: Database;
    beforeAll(async () => {
      database = await setup.open();
    });
    afterAll(() => setup.close());
    beforeEach(() =>
      database.write(everything, (tx) => tx.queries.deleteFrom("changes").execute()),
    );

    const insert = (tx: Tx, uuid: string, of: ProjectId = project, patch = "{}", rev = 1) =>
      tx.queries
        .insertInto("changes")
        .values({ project_id: of, noun: "board", resource_id: uuid, rev, actor: "a", at: 1, patch })
        .execute();
    const list = async () =>
      (
        await database.read(everything, ({ queries }) =>
          queries
            .selectFrom("changes")
            .select(["resource_id", "patch", "rev"])
            .orderBy("seq")
            .execute(),
        )
      ).map((row) => row.resource_id);

    it("keeps what a write did, and nothing of one that threw", async () => {
      await database.write(everything, (tx) => insert(tx, "kept"));
      await expect(
        database.write(everything, async (tx) => {
          await insert(tx, "gone");
          throw new RangeError("no");
        }),
      ).rejects.toThrow(RangeError);
      expect(await list()).toEqual(["kept"]);
    });
    it("shows whoever was answered what it wrote, while others read all the time", async () => {
      let ended = false;
      const reading = Array.from({ length: 4 }, async () => {
        while (!ended) {
          await list();
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      for (let i = 0; i < 100; i += 1) {
        await database.write(everything, (tx) => insert(tx, `note-${i}`));
        expect((await list()).at(-1)).toBe(`note-${i}`);
      }
      ended = true;
      await Promise.all(reading);
    });
    it("lets one writer of many fail without the others", async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 40 }, (_, i) =>
          database.write(everything, async (tx) => {
            await insert(tx, `w${i}`);
            if (i % 4 === 3) throw new RangeError("no");
            return i;
          }),
        ),
      );
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(30);
      expect(await list()).toHaveLength(30);
    });
    it("finds nothing in an empty list, and does not fail on one", async () => {
      await database.write(everything, (tx) => insert(tx, "there"));
      const found = await database.read(within(), ({ queries }) =>
        queries.selectFrom("changes").selectAll().where("project_id", "in", []).execute(),
      );
      expect(found).toEqual([]);
    });
    it("takes texts with NUL in them, and finds nothing else by one", async () => {
      await database.write(everything, (tx) => insert(tx, "there"));
      await database.write(everything, (tx) => insert(tx, "th\0ere"));
      const found = await database.read(everything, ({ queries }) =>
        queries.selectFrom("changes").selectAll().where("resource_id", "=", "there\0").execute(),
      );
      expect(found).toEqual([]);
      expect(await list()).toHaveLength(2);
    });
    it("answers questions that are asked at once", async () => {
      const answers = await database.write(everything, (tx) =>
        Promise.all([
          insert(tx, "one"),
          insert(tx, "two"),
          tx.queries.selectFrom("changes").selectAll().execute(),
        ]),
      );
      expect(answers[2]).toHaveLength(2);
    });
    it("shows a writer its own changes, and others only what is committed", async () => {
      await database.write(everything, async (tx) => {
        await insert(tx, "mine");
        expect(await tx.queries.selectFrom("changes").select("resource_id").execute()).toHaveLength(
          1,
        );
        expect(await list()).toEqual([]);
      });
      expect(await list()).toEqual(["mine"]);
    });
    it("runs what waits for the commit after it, in order, and not at all after a failure", async () => {
      const heard: string[] = [];
      await database.write(everything, async (tx) => {
        tx.afterCommit(() => heard.push("first"));
        tx.afterCommit(() => heard.push("second"));
        await insert(tx, "x");
        expect(heard).toEqual([]);
      });
      await database
        .write(everything, async (tx) => {
          tx.afterCommit(() => heard.push("never"));
          throw new RangeError("no");
        })
        .catch(() => {});
      expect(heard).toEqual(["first", "second"]);
    });
    it("keeps text of every kind and integers to 2^53 exactly", async () => {
      const texts = ["", "a'b\"c\\d", "Messina è 🌋", "\u0001", "x".repeat(100_000)];
      for (const text of texts)
        await database.write(everything, (tx) =>
          insert(tx, "t", project, JSON.stringify(text), Number.MAX_SAFE_INTEGER),
        );
      const rows = await database.read(everything, ({ queries }) =>
        queries.selectFrom("changes").select(["patch", "rev"]).orderBy("seq").execute(),
      );
      expect(rows.map((row) => JSON.parse(row.patch) as string)).toEqual(texts);
      expect(rows.every((row) => Number(row.rev) === Number.MAX_SAFE_INTEGER)).toBe(true);
    });
    it("can be written by many at once, each once", async () => {
      await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          database.write(everything, (tx) => insert(tx, `c${i}`)),
        ),
      );
      expect(new Set(await list()).size).toBe(200);
    });
    it("gives a copy of one moment while others write, and takes it back", async () => {
      await database.write(everything, (tx) => insert(tx, "before"));
      const folder = mkdtempSync(join(tmpdir(), "s4t-backup-test-"));
      const writing = Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          database.write(everything, (tx) => insert(tx, `during${i}`)),
        ),
      );
      await database.backup(folder);
      await writing;
      await database.write(everything, (tx) => insert(tx, "after"));
      await database.restore(folder);
      const rows = await list();
      expect(rows).toContain("before");
      expect(rows).not.toContain("after");
      await database.write(everything, (tx) => insert(tx, "goes on"));
      expect(await list()).toContain("goes on");
      rmSync(folder, { recursive: true });
    });
    it("shows a scope only its own projects, even to a store that forgot to filter", async () => {
      await database.write(everything, async (tx) => {
        await insert(tx, "own", project);
        await insert(tx, "foreign", other);
      });
      const seen = await database.read(within(project), ({ queries }) =>
        queries.selectFrom("changes").select("resource_id").execute(),
      );
      // SQLite has no second line of defence: there every store's SQL is checked by a test instead.
      expect(seen.map((row) => row.resource_id)).toEqual(
        database.dialect === "postgres" ? ["own"] : ["own", "foreign"],
      );
      if (database.dialect === "postgres")
        await expect(
          database.write(within(project), (tx) => insert(tx, "smuggled", other)),
        ).rejects.toThrow();
    });
    it("migrates again without doing anything", async () => {
      await database.write(everything, (tx) => insert(tx, "stays"));
      await database.migrate();
      expect(await list()).toEqual(["stays"]);
    });
  });
};
