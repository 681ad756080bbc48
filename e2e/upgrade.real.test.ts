import { expect, it } from "vitest";
import { createDatabaseForTest } from "../apps/iotronic/test/postgres.ts";
import { startCloud, temporaryFolder } from "./program.ts";
import { expectUpgraded, makePostgresFolder, releases } from "./released.ts";

it.each(releases)(
  "rows of release %s come back on PostgreSQL and are brought up to this one",
  async (release) => {
    const { url, drop } = await createDatabaseForTest();
    const folder = temporaryFolder();
    makePostgresFolder(release, folder.path);
    const args = ["--database.driver", "postgres", "--database.postgres.url", url];
    const cloud = await startCloud(folder.path, { args });
    await expectUpgraded(cloud);
    await cloud.kill("SIGTERM");
    // Once: a second start does not bring the old rows back.
    const again = await startCloud(folder.path, { args });
    await again.signIn();
    expect((await again.call("GET", "/api/boards?text=new-1")).body.items).toHaveLength(1);
    await again.kill("SIGTERM");
    folder.remove();
    await drop();
  },
);
