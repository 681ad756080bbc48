// The audit log: entries written in the transaction of what they tell, numbered and signed within a second by one sequencer,
// witnessed outside. Format and its reasons: docs/adr/0007.
import { type AuditEntry, type AuditHead, type AuditVerdict, fail } from "@s4t/contract";
import { type Clock, canonicalJson, isS4tError, type Log, type Part, toRfc3339 } from "@s4t/kit";
import { drawRandom } from "@s4t/kit/node";
import type { AuditInput, AuditLog } from "../../edge/facts.ts";
import { newId } from "../../edge/id.ts";
import { pageOf, pageSizeOf, parseCursor, parseMoment } from "../../edge/page.ts";
import { type Actor, everything, type Scope } from "../../policy/index.ts";
import type { Database, Tx } from "../../ports/database.ts";
import { type HeadKey, signHead } from "./head.ts";
import { leafOf, MerkleTree } from "./merkle.ts";
import {
  countNumbered,
  countUnnumbered,
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
import type { Witness } from "./witness.ts";

/** How long an entry waits for its number at most. */
export const AUDIT_SEQUENCE_MS = 1_000;
/** Most entries that one head covers more than the head before. */
export const MAX_ENTRIES_PER_HEAD = 10_000;
const readStretch = 2_000;

export interface AuditDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly key: HeadKey;
  readonly witness: Witness;
}

/** How far numbering and witness have come. */
export interface AuditStanding {
  /** Entries under the last head. */
  readonly size: number;
  /** When it was signed; 0 without any. */
  readonly signedAtMs: number;
  /** Entries that the witness has. */
  readonly witnessed: number;
}

export interface Audit extends AuditLog, Part {
  list(scope: Scope, query: AuditQuery): Promise<{ items: AuditEntry[]; next: string | null }>;
  lastHead(): Promise<AuditHead | null>;
  /** Numbers and signs what waits, now. */
  sequence(): Promise<void>;
  /** Numbers and signs what waits, then runs `work` while log and witness stand still: for a copy that holds both. */
  still<T>(work: () => Promise<T>): Promise<T>;
  verify(): Promise<AuditVerdict>;
  standing(): AuditStanding;
  /** Entries that wait for their number. */
  countWaiting(): Promise<number>;
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
  facts: { ...facts, ...(actor.by && { delegations: [...actor.by.delegations] }) },
});

/** Makes the log. */
export const createAudit = (deps: AuditDependencies): Audit => {
  const { database, clock, log, key, witness } = deps;
  const tree = new MerkleTree();
  const listeners = new Set<(entry: AuditEntry) => void>();
  let sequencing: Promise<void> = Promise.resolve();
  let timer: { cancel(): void } | undefined;
  let stopped = false;
  // Whether tree and witness may be behind the table: at the start, and after a commit whose end nobody heard.
  let behind = true;
  let signedAtMs = 0;
  let witnessed = 0;

  const append = async (tx: Tx, input: AuditInput): Promise<void> => {
    const payload = payloadOf(input, clock.now());
    const text = canonicalJson(payload);
    const salt = drawRandom(16);
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
      sequence().catch((error: unknown) => {
        log.error("The audit log could not be numbered", { error });
        arm();
      });
    });
  };

  /**
   * Numbers one stretch; answers whether there may be more. Nothing is numbered before the witness has all that was: the log
   * is never more than one head ahead of it.
   */
  const numberStretch = async (): Promise<boolean> => {
    if (behind) await catchUp();
    if (!(await database.read(everything, (reader) => hasUnnumbered(everything, reader))))
      return false;
    behind = true;
    const { head, leaves, grown } = await database.write(everything, async (tx) => {
      const leaves = await numberEntries(everything, tx, tree.size, MAX_ENTRIES_PER_HEAD);
      const grown = tree.copy();
      for (const leaf of leaves) grown.append(leaf);
      const head = signHead(key, grown.size, grown.root(), clock.now());
      await insertHead(everything, tx, head);
      return { head, leaves, grown };
    });
    tree.become(grown);
    signedAtMs = Date.parse(head.at);
    await witness.append({ head, leaves });
    witnessed = head.size;
    behind = false;
    return leaves.length === MAX_ENTRIES_PER_HEAD;
  };

  /** Runs `work` after whatever numbers now, and nothing numbers meanwhile. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = sequencing.then(work);
    sequencing = result.then(
      () => {},
      () => {},
    );
    return result;
  };
  const numberAll = async (): Promise<void> => {
    while (await numberStretch());
  };
  const sequence = (): Promise<void> => inTurn(numberAll);

  async function* numberedRows(from = 0): AsyncGenerator<EntryRow> {
    for (let after = from - 1; ; ) {
      const rows = await database.read(everything, (reader) =>
        listNumbered(everything, reader, after, readStretch),
      );
      yield* rows;
      const last = rows.at(-1);
      if (!last || rows.length < readStretch) return;
      after = last.idx ?? after;
    }
  }

  /**
   * Brings tree and witness up to the table: at the start, and when a commit or the witness failed. A crash between the two
   * leaves the witness one line short, which is written now. One that lacks more was cut, or is another file: it stays as it
   * is, and a verification says so.
   */
  const catchUp = async (): Promise<void> => {
    for await (const row of numberedRows(tree.size)) tree.append(row.leaf);
    const from = witness.read().at(-1)?.head.size ?? 0;
    witnessed = from;
    const heads = await database.read(everything, (reader) => listHeads(everything, reader));
    signedAtMs = Date.parse(heads.at(-1)?.at ?? "") || 0;
    const [head, ...more] = heads.filter(({ size }) => size > from);
    if (more.length > 0)
      log.error("The witness of the audit log lacks heads", { lacks: more.length + 1 });
    else if (head) {
      const rows = await database.read(everything, (reader) =>
        listNumbered(everything, reader, from - 1, head.size - from),
      );
      await witness.append({ head, leaves: rows.map(({ leaf }) => leaf) });
      witnessed = head.size;
    }
    behind = false;
  };

  const verifyOnce = async (): Promise<AuditVerdict> => {
    const standing = await inTurn(async () => {
      await numberAll().catch((error: unknown) => {
        // A table that was changed behind our back may refuse the next number: what is wrong with it is then the answer.
        if (isS4tError(error)) throw error;
        log.error("The audit log could not be numbered", { error });
      });
      const heads = await database.read(everything, (reader) => listHeads(everything, reader));
      const numbered = await database.read(everything, (reader) =>
        countNumbered(everything, reader),
      );
      return { heads, numbered, witness: witness.read() };
    });
    return verifyLog({ ...standing, rows: numberedRows(), key: key.publicHex });
  };

  return {
    name: "audit",
    append,
    async start() {
      await sequence().catch((error: unknown) => {
        // A cloud whose witness is away serves all the same: entries are written, and numbered when it is back.
        if (!isS4tError(error)) throw error;
        log.error("The audit log could not be numbered", { error });
        arm();
      });
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
    still: (work) =>
      inTurn(async () => {
        await numberAll();
        return work();
      }),
    standing: () => ({ size: tree.size, signedAtMs, witnessed }),
    countWaiting: () => database.read(everything, (reader) => countUnnumbered(everything, reader)),
    async verify() {
      const verdict = await verifyOnce();
      // An entry that was erased while the log was read looks like a fault; what is wrong stays wrong.
      return verdict.intact ? verdict : verifyOnce();
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
