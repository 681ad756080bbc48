// The record of streams: what the gateway saw, in the audit, and in the same transaction which streams are open. A cloud that was
// killed wrote no end of those; the next start does.
import type { ProjectId } from "@s4t/contract";
import type { Json, Part, Timer } from "@s4t/kit";
import type { GatewayHost, StreamRecord } from "../../edge/gateway.ts";
import { type Actor, everything, systemActor } from "../../policy/index.ts";
import type { ServicesDependencies } from "./change.ts";
import { insertStream, listStreams, removeStream, type StreamRow } from "./store.ts";

/** Ends of an earlier run that are written in one transaction. */
export const MAX_LOST_AT_ONCE = 500;
/** How often they are tried again where the database takes nothing. */
export const LOST_RETRY_MS = 5_000;

/** What is kept of a stream that is open: enough to tell of its end. */
interface Said {
  readonly actor: Pick<Actor, "kind" | "uuid" | "name" | "address">;
  readonly resource: StreamRecord["entry"]["resource"];
  readonly facts: Readonly<Record<string, Json>>;
}

const saidOf = ({ actor, resource, facts = {} }: StreamRecord["entry"]): Said => {
  const { kind, uuid, name, address } = actor;
  return { actor: { kind, uuid, name, address }, resource, facts };
};

/** The end of a stream whose cloud is gone: when it was, and how many bytes there were, nobody knows. */
const endOf = (row: StreamRow): StreamRecord => {
  const { actor, resource, facts } = JSON.parse(row.said) as Said;
  return {
    entry: {
      actor: { ...systemActor, admin: false, ...actor },
      action: "stream.close",
      project: row.project_id as ProjectId,
      resource,
      facts: { ...facts, reason: "cloud-stopped" },
    },
    closes: row.uuid,
  };
};

/** Makes it. */
export const createRecords = ({
  database,
  audit,
  clock,
  log,
}: Pick<ServicesDependencies, "database" | "audit" | "clock" | "log">): Part &
  Pick<GatewayHost, "record"> => {
  let timer: Timer | undefined;

  const record = async (records: readonly StreamRecord[]): Promise<void> => {
    // Streams of many projects are written together.
    await database.write(everything, async (tx) => {
      for (const { entry, opens, closes } of records) {
        await audit.append(tx, entry);
        if (closes !== undefined) await removeStream(everything, tx, closes);
        if (opens === undefined) continue;
        const said = JSON.stringify(saidOf(entry));
        const { project, resource } = entry;
        const row = { uuid: opens, project_id: project, board_id: resource.uuid, said };
        await insertStream(everything, tx, row);
      }
    });
  };

  const endLost = async (rows: readonly StreamRow[]): Promise<void> => {
    const now = rows.slice(0, MAX_LOST_AT_ONCE);
    if (now.length === 0) return;
    try {
      await record(now.map(endOf));
    } catch (error) {
      // A cloud whose disk is full serves all the same.
      log.warn("Streams of before this start are without their end in the audit", { error });
      timer = clock.after(LOST_RETRY_MS, () => void endLost(rows));
      return;
    }
    return endLost(rows.slice(now.length));
  };

  return {
    name: "records of streams",
    record,
    start: async () =>
      endLost(await database.read(everything, (reader) => listStreams(everything, reader))),
    stop: () => timer?.cancel(),
  };
};
