// Does the log say what it said? Compares every row with its leaf, every head with the tree, and both with the witness.
import type { AuditHead, AuditVerdict } from "@s4t/contract";
import { isSigned } from "./head.ts";
import { leafOf, MerkleTree } from "./merkle.ts";
import type { EntryRow } from "./store.ts";
import type { WitnessLine } from "./witness.ts";

/** What a verification reads. Rows come in order of their index. */
export interface LogToVerify {
  readonly rows: AsyncIterable<EntryRow>;
  readonly heads: readonly AuditHead[];
  readonly witness: readonly WitnessLine[];
  /** Public key that heads must be signed with, hex. */
  readonly key: string;
}

/** Action of the entry that says of another that it was erased. */
export const ERASURE = "audit.erase";

interface Said {
  readonly uuid: string;
  readonly at: number;
  readonly action: string;
  readonly project: string | null;
  readonly actor: { readonly uuid: string };
  readonly resource: { readonly uuid: string } | null;
}

interface Fault {
  readonly index: number;
  readonly because: string;
}

/** What is wrong with one row by itself, if anything. */
const rowFault = (row: EntryRow, index: number): string | undefined => {
  if (row.idx !== index)
    return row.idx !== null && row.idx > index ? "an entry is missing" : "an index stands twice";
  if (row.payload === null || row.salt === null) {
    const whole = row.payload === row.salt && row.actor_id === "" && row.resource_id === null;
    return whole ? undefined : "half of it is erased";
  }
  if (leafOf(Buffer.from(row.salt, "hex"), row.payload) !== row.leaf)
    return "its content does not match its leaf";
  const said = JSON.parse(row.payload) as Said;
  const same =
    said.uuid === row.uuid &&
    said.at === row.at &&
    said.action === row.action &&
    said.project === row.project_id &&
    said.actor.uuid === row.actor_id &&
    (said.resource?.uuid ?? null) === row.resource_id;
  return same ? undefined : "its columns do not match its content";
};

/** Keeps the book of erased entries: one is in order when a later entry says that it was erased. */
const createErasures = () => {
  const unexplained = new Map<string, number>();
  return {
    note(row: EntryRow, index: number): void {
      if (row.payload === null) unexplained.set(row.uuid, index);
      else if (row.action === ERASURE)
        unexplained.delete((JSON.parse(row.payload) as Said).resource?.uuid ?? "");
    },
    fault(): Fault | undefined {
      const [index] = unexplained.values();
      return index === undefined
        ? undefined
        : { index, because: "its content is gone, and no entry says that it was erased" };
    },
  };
};

/** Heads by size, with what each proves wrong by itself. */
const headFault = (head: AuditHead, key: string): string | undefined => {
  if (head.key !== key) return "a head is signed by a foreign key";
  return isSigned(head) ? undefined : "a head's signature is wrong";
};

/** Verifies a whole log. */
export const verifyLog = async ({
  rows,
  heads,
  witness,
  key,
}: LogToVerify): Promise<AuditVerdict> => {
  const witnessedLeaves = new Map<number, string>();
  for (const { head, leaves } of witness)
    for (const [i, leaf] of leaves.entries())
      witnessedLeaves.set(head.size - leaves.length + i, leaf);
  const checkpoints = new Map<number, AuditHead[]>();
  const expectedSize = Math.max(
    0,
    ...heads.map((head) => head.size),
    ...witness.map((line) => line.head.size),
  );
  for (const head of [...heads, ...witness.map((line) => line.head)])
    checkpoints.set(head.size, [...(checkpoints.get(head.size) ?? []), head]);
  const sizesInLog = new Set(heads.map((head) => head.size));

  const tree = new MerkleTree();
  const erasures = createErasures();
  let provenSize = 0;
  let fault: Fault | undefined;
  const checkHeads = (): void => {
    for (const head of checkpoints.get(tree.size) ?? []) {
      const because =
        headFault(head, key) ??
        (head.root === tree.root() ? undefined : "a head does not match the entries");
      if (because) fault ??= { index: provenSize, because };
    }
    if (checkpoints.has(tree.size)) provenSize = tree.size;
  };
  checkHeads();
  for await (const row of rows) {
    if (fault) break;
    const index = tree.size;
    const because =
      rowFault(row, index) ??
      ((witnessedLeaves.get(index) ?? row.leaf) !== row.leaf
        ? "the witness knows another entry here"
        : undefined);
    if (because) fault = { index, because };
    else {
      tree.append(row.leaf);
      erasures.note(row, index);
      checkHeads();
    }
  }
  fault ??= erasures.fault();
  if (!fault && tree.size < expectedSize)
    fault = { index: tree.size, because: "the log ends before its last head" };
  const missingHead = witness.find((line) => !sizesInLog.has(line.head.size));
  if (!fault && missingHead)
    fault = {
      index: Math.max(0, missingHead.head.size - missingHead.leaves.length),
      because: "a head that the witness has is missing",
    };
  const last = heads.at(-1) ?? null;
  return {
    intact: fault === undefined,
    size: tree.size,
    head: last,
    witnessed: witness.length,
    firstBad: fault?.index ?? null,
    because: fault?.because ?? null,
  };
};
