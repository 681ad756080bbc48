// A consistent copy of the database in a folder, made while others write, and a look at such a copy before it is taken over.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { fail } from "@s4t/contract";
import { refuseNewerCopy } from "../../../migrations/index.ts";
import { translate } from "../../../technology/sqlite/translate.ts";

const copyIn = (folder: string): string => join(folder, "cloud.sqlite");

/** Writes the copy. It is of one moment: a transaction held open keeps the writes of others from starting it over. */
export const copyOf = async (file: string, folder: string): Promise<void> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const source = new DatabaseSync(file, { readOnly: true });
  try {
    source.exec("BEGIN");
    source.prepare("SELECT count(*) FROM sqlite_schema").get();
    await backup(source, copyIn(folder));
  } catch (error) {
    throw translate(error);
  } finally {
    source.close();
  }
};

/** Throws `backup.invalid` for what is no whole copy of ours, `backup.newer` for one of a later release. */
export const examineCopy = async (folder: string): Promise<void> => {
  if (!existsSync(copyIn(folder)))
    throw fail("backup.invalid", { because: "it holds no SQLite database" });
  let applied: string[];
  const copy = new DatabaseSync(copyIn(folder));
  try {
    const [verdict] = copy.prepare("PRAGMA quick_check(1)").all();
    if (verdict?.quick_check !== "ok") throw fail("backup.invalid", { because: "it is damaged" });
    applied = copy
      .prepare("SELECT name FROM schema_migrations ORDER BY name")
      .all()
      .map(({ name }) => String(name));
  } catch (error) {
    throw (error as { errcode?: number }).errcode === undefined
      ? error
      : fail("backup.invalid", { because: "its database is none of a cloud" }, error);
  } finally {
    copy.close();
  }
  refuseNewerCopy(applied);
};
