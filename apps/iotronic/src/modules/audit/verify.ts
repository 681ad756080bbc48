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
  /** Entries that had a number when heads and witness were read, with no numbering under way. */
  readonly numbered: number;
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
  return saysTheSame(row, row.payload) ? undefined : "its columns do not match its content";
};

const saysTheSame = (row: EntryRow, payload: string): boolean => {
  try {
    const said = JSON.parse(payload) as Said;
    return (
      said.uuid === row.uuid &&
      said.at === row.at &&
      said.action === row.action &&
      said.project === row.project_id &&
      said.actor.uuid === row.actor_id &&
      (said.resource?.uuid ?? null) === row.resource_id
    );
  } catch {
    return false; // no entry of ours, whatever its leaf says
  }
};

/** Leaves by index, as the witness knows them: each line holds those up to its head. */
const witnessedLeavesOf = (witness: readonly WitnessLine[]): Map<number, string> => {
  const leaves = new Map<number, string>();
  for (const line of witness)
    for (const [i, leaf] of line.leaves.entries())
      leaves.set(line.head.size - line.leaves.length + i, leaf);
  return leaves;
};

/** A head that one of log and witness has and the other has not. */
const loneHead = (
  heads: readonly AuditHead[],
  witness: readonly WitnessLine[],
): Fault | undefined => {
  const astray = witness.findIndex(
    (line, i) => i > 0 && line.head.size <= (witness[i - 1]?.head.size ?? 0),
  );
  if (astray > 0)
    return {
      index: witness[astray]?.head.size ?? 0,
      because: "the lines of the witness are out of order",
    };
  const inLog = new Set(heads.map(({ size }) => size));
  const missing = witness.find((line) => !inLog.has(line.head.size));
  if (missing)
    return {
      index: Math.max(0, missing.head.size - missing.leaves.length),
      because: "a head that the witness has is missing",
    };
  const inWitness = new Set(witness.map((line) => line.head.size));
  const at = heads.findIndex(({ size }) => !inWitness.has(size));
  return at < 0
    ? undefined
    : { index: heads[at - 1]?.size ?? 0, because: "the witness lacks a head of the log" };
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
  numbered,
  witness,
  key,
}: LogToVerify): Promise<AuditVerdict> => {
  const witnessedLeaves = witnessedLeavesOf(witness);
  const checkpoints = new Map<number, AuditHead[]>();
  const expectedSize = Math.max(
    0,
    ...heads.map((head) => head.size),
    ...witness.map((line) => line.head.size),
  );
  for (const head of [...heads, ...witness.map((line) => line.head)])
    checkpoints.set(head.size, [...(checkpoints.get(head.size) ?? []), head]);

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
    const index = tree.size;
    if (fault || (index === expectedSize && row.idx !== null && row.idx >= index)) break;
    const isForeign = (witnessedLeaves.get(index) ?? row.leaf) !== row.leaf;
    const because =
      rowFault(row, index) ?? (isForeign ? "the witness knows another entry here" : undefined);
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
  fault ??= loneHead(heads, witness);
  if (!fault && numbered > expectedSize)
    fault = { index: expectedSize, because: "an entry stands outside of every head" };
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
