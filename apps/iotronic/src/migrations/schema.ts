// Types of all tables, one file a module in `schema/`. A test compares them with what the migrations really make.
// Conventions: ids and enums text, moments int64 ms UTC, flags integer 0/1, documents text (JSON); `project_id` NOT NULL leads
// every index of what belongs to a project.
import type { AuditTables } from "./schema/audit.ts";
import type { BoardTables } from "./schema/boards.ts";
import type { BulkTables } from "./schema/bulk.ts";
import type { ChangeTables } from "./schema/changes.ts";
import type { DelegationTables } from "./schema/delegations.ts";
import type { FleetTables } from "./schema/fleets.ts";
import type { IdentityTables } from "./schema/identity.ts";
import type { KeyTables } from "./schema/keys.ts";
import type { OperationTables } from "./schema/operations.ts";
import type { PluginTables } from "./schema/plugins.ts";
import type { RepeatTables } from "./schema/repeats.ts";
import type { ServiceTables } from "./schema/services.ts";

/** All tables, by name. Each module adds its own. */
export interface Schema
  extends AuditTables,
    BoardTables,
    BulkTables,
    ChangeTables,
    DelegationTables,
    FleetTables,
    IdentityTables,
    KeyTables,
    OperationTables,
    PluginTables,
    RepeatTables,
    ServiceTables {}
