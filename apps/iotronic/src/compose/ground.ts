// What every noun stands on: settings, clock, log, the stores, the records that each change is written into, the way in.
import { join } from "node:path";
import { type Clock, createParts, type Log, type Parts, withPresent } from "@s4t/kit";
import type { Config, Configuration } from "../config.ts";
import { type Company, createCompany } from "../edge/company.ts";
import { createErrands, type Errands } from "../edge/errands.ts";
import type { AuditLog } from "../edge/facts.ts";
import type { Tracing } from "../edge/trace.ts";
import type { OtherTunnels } from "../gateway/by-board.ts";
import type { RunningGateway } from "../gateway/gateway.ts";
import type { Invoke } from "../http/api.ts";
import { createMetrics, type Exposition } from "../http/metrics.ts";
import type { RunningLink } from "../link/link.ts";
import {
  type Audit,
  auditMetrics,
  createAudit,
  openHeadKey,
  openWitness,
} from "../modules/audit/index.ts";
import { type BulkRetention, createBulkRetention } from "../modules/bulk/index.ts";
import { type Changes, createChanges } from "../modules/changes/index.ts";
import {
  createOperations,
  createRetention,
  type Operations,
  type Retention,
} from "../modules/operations/index.ts";
import { type AtPoint, auditWithPoints, blobsWithPoints, dieAt } from "./fail-points.ts";
import { type Lan, openLan } from "./lan.ts";
import { createStores, type Stores } from "./stores.ts";
import { timedDatabase } from "./timed-database.ts";
import { openTracing } from "./tracing.ts";
import { createWayIn, type WayIn } from "./way-in.ts";

/** Parts that need each other ask for one another once all are there. */
export interface Later<T> {
  (): T;
  is(value: T): void;
}

const later = <T>(): Later<T> => {
  let value: T | undefined;
  return Object.assign(() => value as T, {
    is: (made: T) => {
      value = made;
    },
  });
};

export interface Ground extends Stores {
  readonly config: Config;
  readonly explain: Configuration["explain"];
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly parts: Parts;
  readonly metrics: Exposition;
  readonly tracing: Tracing;
  readonly audit: Audit;
  readonly changes: Changes;
  readonly operations: Operations;
  readonly retention: Retention;
  readonly bulkRetention: BulkRetention;
  /** Absent where the cloud keeps to loopback. */
  readonly lan: Lan | undefined;
  /** What boards do later for requests of a trace. */
  readonly errands: Errands;
  readonly wayIn: WayIn;
  /** What goes with a verb into its transaction. */
  readonly company: Company;
  /** Endpoints in process, once all are there. */
  readonly invoke: Later<Invoke>;
  /** For tests of power cuts. */
  readonly atPoint: AtPoint;
  /** The link, once it is there: boards and link need each other. */
  readonly link: Later<RunningLink>;
  /** The gateway, once it is there: a board whose key was withdrawn is led to no more. */
  readonly gateway: Later<RunningGateway>;
  /** Tunnels of boards with another agent than ours, once they are there, where any are. */
  readonly others: Later<OtherTunnels | undefined>;
  /** Says which server serves: boards are told its port. */
  serves(server: { port(): number }): void;
}

/** An audit log of which trials hear. */
const auditOfTrials = <Log extends AuditLog>(audit: Log, company: Company): Log => ({
  ...audit,
  append(tx, entry) {
    company.noted(entry);
    return audit.append(tx, entry);
  },
});

/** Opens it on a data folder that is already held; its parts start first. */
export const openGround = async (
  { config, explain }: Configuration,
  folder: string,
  { clock, log: plainLog }: { readonly clock: Clock; readonly log: Log },
): Promise<Ground> => {
  const parts = createParts(plainLog);
  const metrics = createMetrics();
  const tracing = await openTracing(config, { clock, log: plainLog, parts, metrics });
  const log = withPresent(plainLog, tracing.facts);
  const stores = await createStores(config, folder, clock, log);
  const atPoint = dieAt(process.env.S4T_FAIL_AT);
  const { observations } = stores;
  const blobs = blobsWithPoints(stores.blobs, atPoint);
  const company = createCompany();
  const database = timedDatabase(company.over(stores.database), metrics, clock.monotonicMs);
  parts.add(database);
  parts.add({ name: "migrations", start: () => database.migrate() });
  parts.add(observations);
  parts.add(blobs);
  const witness = openWitness(config["audit.witness"] ?? join(folder, "witness.jsonl"));
  const audit = auditOfTrials(
    auditWithPoints(
      parts.add(createAudit({ database, clock, log, key: openHeadKey(folder), witness })),
      atPoint,
    ),
    company,
  );
  auditMetrics(metrics, audit);
  const errands = createErrands({ clock, tracing });
  const changes = parts.add(createChanges({ database, clock }));
  const operations = parts.add(
    createOperations({ database, clock, log, changes, metrics, tracing, errands }),
  );
  const retention = parts.add(createRetention({ database, clock, log }));
  const bulkRetention = parts.add(createBulkRetention({ database, clock, log }));
  const lan = await openLan(config, folder, clock, log);
  let port = (): number => config.port;
  return {
    ...{ config, explain, folder, clock, log, parts, database, observations, blobs },
    ...{
      metrics,
      tracing,
      errands,
      audit,
      changes,
      operations,
      retention,
      bulkRetention,
      lan,
      atPoint,
    },
    company,
    invoke: later<Invoke>(),
    wayIn: createWayIn(lan, () => port()),
    link: later<RunningLink>(),
    gateway: later<RunningGateway>(),
    others: later<OtherTunnels | undefined>(),
    serves(server) {
      port = server.port;
    },
  };
};
