// What every verb that changes something writes beside its own tables, in the same transaction: the audit entry and the change.
// Faces of the modules `audit` and `changes`, stated here so that modules depend on a promise, not on each other.
import type { ProjectId } from "@s4t/contract";
import type { Json } from "@s4t/kit";
import type { Actor } from "../policy/index.ts";
import type { Tx } from "../ports/database.ts";

/** What an audit entry says. */
export interface AuditInput {
  readonly actor: Actor;
  readonly action: string;
  /** `done` unless said. */
  readonly status?: "done" | "denied" | "failed";
  readonly project: ProjectId | null;
  readonly resource?: {
    readonly noun: string;
    readonly uuid: string;
    readonly name: string | null;
  } | null;
  /** Never secrets. */
  readonly facts?: Readonly<Record<string, Json>>;
}

export interface AuditLog {
  /** Adds an entry to a transaction. */
  append(tx: Tx, entry: AuditInput): Promise<void>;
  /** Adds an entry in a transaction of its own, for accesses and denials. Joins the next group; resolves when durable. */
  record(entry: AuditInput): Promise<void>;
}

/** A change of a resource: `patch` holds the members that changed, as the API shows them. */
export interface ChangeInput {
  readonly actor: Actor;
  readonly project: ProjectId;
  readonly noun: string;
  readonly uuid: string;
  readonly rev: number;
  readonly patch: Readonly<Record<string, Json>>;
}

/** A change as stored: `seq` orders all changes of the cloud. */
export interface Change {
  readonly seq: number;
  readonly project: ProjectId;
  readonly noun: string;
  readonly uuid: string;
  readonly rev: number;
  readonly actor: string;
  readonly atMs: number;
  readonly patch: Readonly<Record<string, Json>>;
}

export interface ChangeLog {
  append(tx: Tx, change: ChangeInput): Promise<void>;
  /** Calls `listener` with every change after its commit, in order of `seq`. Returns how to stop. */
  subscribe(listener: (change: Change) => void): () => void;
}
