// The audit log: entries written in the transaction of what they tell, numbered and signed within a second by one sequencer,
// witnessed outside. Format and its reasons: docs/adr/0007.
import { randomBytes } from "node:crypto";
import { type AuditEntry, type AuditHead, type AuditVerdict, fail } from "@s4t/contract";
import { type Clock, canonicalJson, type Log, type Part, toRfc3339 } from "@s4t/kit";
import type { AuditInput, AuditLog } from "../../edge/facts.ts";
import { newId } from "../../edge/id.ts";
import { pageOf, pageSizeOf, parseCursor, parseMoment } from "../../edge/page.ts";
import { type Actor, everything, type Scope } from "../../policy/index.ts";
import type { Database, Tx } from "../../ports/database.ts";
import { type HeadKey, signHead } from "./head.ts";
import { leafOf, MerkleTree } from "./merkle.ts";
import {
  type EntryRow,
  eraseEntry,
  findLastHead,
  hasUnnumbered,
  insertEntry,
  insertHead,
  listEntries,
  listHeads,
  listNumbered,
  numberEntries,
} from "./store.ts";
import { ERASURE, verifyLog } from "./verify.ts";
import type { Witness, WitnessLine } from "./witness.ts";

/** How long an entry waits for its number at most. */
export const AUDIT_SEQUENCE_MS = 1_000;
/** Most entries that one head covers more than the head before: numbering them must not hold the loop for long. */
export const MAX_ENTRIES_PER_HEAD = 2_000;
const readStretch = 2_000;

export interface AuditDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly key: HeadKey;
  readonly witness: Witness;
}

export interface Audit extends AuditLog, Part {
  list(scope: Scope, query: AuditQuery): Promise<{ items: AuditEntry[]; next: string | null }>;
  lastHead(): Promise<AuditHead | null>;
  /** Numbers and signs what waits, now. */
  sequence(): Promise<void>;
  verify(): Promise<AuditVerdict>;
  /**
   * Removes what an entry said, for a person's right; proofs go on holding. That it was erased is an entry of its own: an
   * entry that is empty without one was emptied by somebody else. Throws `audit.not-found`.
   */
  erase(actor: Actor, uuid: string): Promise<void>;
  /** Calls with every entry after its commit. Returns how to stop. */
  subscribe(listener: (entry: AuditEntry) => void): () => void;
}

/** What a list may ask. */
export interface AuditQuery {
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly resource?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

interface Payload {
  readonly uuid: string;
  readonly at: number;
  readonly action: string;
  readonly status: AuditEntry["status"];
  readonly actor: AuditEntry["actor"];
  readonly project: string | null;
  readonly resource: AuditEntry["resource"];
  readonly address: string | null;
  readonly facts: AuditEntry["facts"];
}

const show = (row: EntryRow): AuditEntry => {
  const said = row.payload === null ? undefined : (JSON.parse(row.payload) as Payload);
  return {
    index: row.idx,
    uuid: row.uuid,
    name: row.action,
    status: said?.status ?? "done",
    at: toRfc3339(row.at),
    actor: said?.actor ?? { kind: "erased", uuid: null, name: "erased" },
    project: row.project_id,
    resource: said?.resource ?? null,
    address: said?.address ?? null,
    facts: said?.facts ?? {},
    leaf: row.leaf,
  };
};

const payloadOf = (
  { actor, action, status, project, resource, facts }: AuditInput,
  at: number,
): Payload => ({
  uuid: newId(),
  at,
  action,
  status: status ?? "done",
  actor: { kind: actor.kind, uuid: actor.uuid, name: actor.name },
  project,
  resource: resource ?? null,
  address: actor.address,
  facts: facts ?? {},
});

/** Makes the log. */
export const createAudit = (deps: AuditDependencies): Audit => {
  const { database, clock, log, key, witness } = deps;
  const tree = new MerkleTree();
  const listeners = new Set<(entry: AuditEntry) => void>();
  let sequencing: Promise<void> = Promise.resolve();
  let timer: { cancel(): void } | undefined;
  let stopped = false;
  let isWitnessBehind = false;

  const append = async (tx: Tx, input: AuditInput): Promise<void> => {
    const payload = payloadOf(input, clock.now());
    const text = canonicalJson(payload);
    const salt = randomBytes(16);
    const row = {
      uuid: payload.uuid,
      at: payload.at,
      project_id: payload.project,
      action: payload.action,
      actor_id: payload.actor.uuid ?? "",
      resource_id: payload.resource?.uuid ?? null,
      payload: text,
      salt: salt.toString("hex"),
      leaf: leafOf(salt, text),
    };
    await insertEntry(everything, tx, row);
    tx.afterCommit(() => {
      arm();
      if (listeners.size === 0) return;
      const entry = show({ ...row, idx: null });
      for (const listener of listeners) listener(entry);
    });
  };

  const arm = (): void => {
    if (timer || stopped) return;
    timer = clock.after(AUDIT_SEQUENCE_MS / 2, () => {
      timer = undefined;
      sequence().catch((error: unknown) =>
        log.error("The audit log could not be numbered", { error }),
      );
    });
  };

  /** A crash between commit and witness, or a witness whose disk was full, leaves lines out: they are written later. */
  const catchUpWitness = async (): Promise<void> => {
    const witnessed = witness.read().at(-1)?.head.size ?? 0;
    const heads = (
      await database.read(everything, (reader) => listHeads(everything, reader))
    ).filter(({ size }) => size > witnessed);
    let from = witnessed;
    for (const head of heads) {
      const rows = await database.read(everything, (reader) =>
        listNumbered(everything, reader, from - 1, head.size - from),
      );
      await witness.append({ head, leaves: rows.map(({ leaf }) => leaf) });
      from = head.size;
    }
  };

  /** The log goes on when its witness cannot be written: what the witness lacks it gets with the next head that it takes. */
  const bearWitness = async (line: WitnessLine): Promise<void> => {
    try {
      if (isWitnessBehind) await catchUpWitness();
      else await witness.append(line);
      isWitnessBehind = false;
    } catch (error) {
      isWitnessBehind = true;
      log.error("The witness of the audit log could not be written", { error });
    }
  };

  /** Numbers one stretch; answers whether there may be more. The tree grows only after the commit. */
  const numberStretch = async (): Promise<boolean> => {
    if (!(await database.read(everything, (reader) => hasUnnumbered(everything, reader))))
      return false;
    const line = await database.write(everything, async (tx) => {
      const leaves = await numberEntries(everything, tx, tree.size, MAX_ENTRIES_PER_HEAD);
      const grown = tree.copy();
      for (const leaf of leaves) grown.append(leaf);
      const head = signHead(key, grown.size, grown.root(), clock.now());
      await insertHead(everything, tx, head);
      return { head, leaves };
    });
    for (const leaf of line.leaves) tree.append(leaf);
    await bearWitness(line);
    return line.leaves.length === MAX_ENTRIES_PER_HEAD;
  };

  const sequence = (): Promise<void> => {
    sequencing = sequencing.then(async () => {
      while (await numberStretch());
    });
    const result = sequencing;
    sequencing = sequencing.catch(() => {});
    return result;
  };

  async function* numberedRows(): AsyncGenerator<EntryRow> {
    for (let after = -1; ; ) {
      const rows = await database.read(everything, (reader) =>
        listNumbered(everything, reader, after, readStretch),
      );
      yield* rows;
      const last = rows.at(-1);
      if (!last || rows.length < readStretch) return;
      after = last.idx ?? after;
    }
  }

  return {
    name: "audit",
    append,
    async start() {
      for await (const row of numberedRows()) tree.append(row.leaf);
      await catchUpWitness();
      await sequence();
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await sequence();
    },
    record: (entry) => database.write(everything, (tx) => append(tx, entry)),
    async list(scope, query) {
      const before =
        query.after === undefined ? undefined : parseCursor(query.after, ["number", "string"]);
      const now = clock.now();
      const filter = {
        action: query.action,
        actor: query.actor,
        resource: query.resource,
        fromMs: query.from === undefined ? undefined : parseMoment(query.from, now, "query/from"),
        toMs: query.to === undefined ? undefined : parseMoment(query.to, now, "query/to"),
        before,
      };
      const rows = await database.read(scope, (reader) =>
        listEntries(scope, reader, filter, pageSizeOf(query) + 1),
      );
      return pageOf(rows, query, (row) => [row.at, row.uuid], show);
    },
    lastHead: async () =>
      (await database.read(everything, (reader) => findLastHead(everything, reader))) ?? null,
    sequence,
    async verify() {
      await sequence();
      const heads = await database.read(everything, (reader) => listHeads(everything, reader));
      return verifyLog({
        rows: numberedRows(),
        heads,
        witness: witness.read(),
        key: key.publicHex,
      });
    },
    async erase(actor, uuid) {
      await database.write(everything, async (tx) => {
        if (!(await eraseEntry(everything, tx, uuid))) throw fail("audit.not-found");
        const resource = { noun: "audit", uuid, name: null };
        await append(tx, { actor, action: ERASURE, project: null, resource });
      });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
