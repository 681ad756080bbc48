// All migrations in order, and how they are applied: each in a transaction of its own, its name noted in the same transaction.
import { fail } from "@s4t/contract";
import { type Kysely, sql } from "kysely";
import { auditMigration } from "./20261124-1150-audit.ts";
import { changesMigration } from "./20261124-1151-changes.ts";
import { identityMigration } from "./20261124-1155-identity.ts";
import { boardsMigration } from "./20261124-1200-boards.ts";
import { operationsMigration } from "./20261124-1205-operations.ts";
import { boardListsMigration } from "./20261127-0430-boards-lists.ts";
import { boardLogsMigration } from "./20261127-0640-boards-logs.ts";
import { boardSearchMigration } from "./20261127-0720-boards-search.ts";
import { servicesMigration } from "./20261127-1430-services.ts";
import { pluginsMigration } from "./20261127-1515-plugins.ts";
import { pluginUploadsMigration } from "./20261127-2350-plugins-uploads.ts";
import { streamsMigration } from "./20261128-0010-streams.ts";
import { pluginBytesMigration } from "./20261128-0345-plugins-bytes.ts";
import { pluginManifestsMigration } from "./20261128-0825-plugins-manifests.ts";
import { fleetsMigration } from "./20261128-1131-fleets.ts";
import { identityScopesMigration } from "./20261128-1207-identity-scopes.ts";
import { operationsParentMigration } from "./20261128-1230-operations-parent.ts";
import { boardPlacesMigration } from "./20261128-1249-boards-places.ts";
import { repeatsMigration } from "./20261128-1250-repeats.ts";
import { identitySecondFactorMigration } from "./20261128-1511-identity-second-factor.ts";
import { bulkMigration } from "./20261128-1515-bulk.ts";
import { identityForeignMigration } from "./20261128-1518-identity-foreign.ts";
import { identityMailMigration } from "./20261128-1535-identity-mail.ts";
import { identitySessionsMigration } from "./20261128-1606-identity-sessions.ts";
import { boardValuesMigration } from "./20261128-1625-boards-values.ts";
import { identityFederatedMigration } from "./20261128-1638-identity-federated.ts";
import { delegationsMigration } from "./20261128-1650-delegations.ts";
import type { DialectName, Migration } from "./migration.ts";
import type { Schema } from "./schema.ts";

/** In order of name. Each module adds one line. */
export const migrations: readonly Migration[] = [
  auditMigration,
  changesMigration,
  identityMigration,
  boardsMigration,
  operationsMigration,
  boardListsMigration,
  boardLogsMigration,
  boardSearchMigration,
  servicesMigration,
  pluginsMigration,
  pluginUploadsMigration,
  streamsMigration,
  pluginBytesMigration,
  pluginManifestsMigration,
  fleetsMigration,
  identityScopesMigration,
  operationsParentMigration,
  boardPlacesMigration,
  repeatsMigration,
  identitySecondFactorMigration,
  bulkMigration,
  identityForeignMigration,
  identityMailMigration,
  identitySessionsMigration,
  boardValuesMigration,
  identityFederatedMigration,
  delegationsMigration,
];

/** Throws `backup.newer` when a copy knows a migration that this release does not. */
export const refuseNewerCopy = (applied: readonly string[]): void => {
  const known = new Set(migrations.map(({ name }) => name));
  const foreign = applied.find((name) => !known.has(name));
  if (foreign) throw fail("backup.newer", { version: foreign });
};

/** How a driver brackets one migration. */
export interface MigrationTransaction {
  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** Applies what is missing. Throws `data.newer` when the data knows a migration that this release does not. */
export const applyMigrations = async (
  database: Kysely<Schema>,
  dialect: DialectName,
  transaction: MigrationTransaction,
  list: readonly Migration[] = migrations,
): Promise<void> => {
  await sql`create table if not exists schema_migrations (name text primary key, applied_at bigint not null)`.execute(
    database,
  );
  const { rows } = await sql<{
    name: string;
  }>`select name from schema_migrations order by name`.execute(database);
  const applied = new Set(rows.map(({ name }) => name));
  const known = new Set(list.map(({ name }) => name));
  const foreign = rows.find(({ name }) => !known.has(name));
  if (foreign) throw fail("data.newer", { folder: "database", version: foreign.name });
  for (const migration of list) {
    if (applied.has(migration.name)) continue;
    await transaction.begin();
    try {
      await migration.up(database, dialect);
      await sql`insert into schema_migrations (name, applied_at) values (${migration.name}, ${Date.now()})`.execute(
        database,
      );
      await transaction.commit();
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  }
};
