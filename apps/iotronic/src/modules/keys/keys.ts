// The key that makes code good on a project's boards: made at first need, used for every version of a managed project, handed
// over to its owner once and for all.
import {
  type BodyOf,
  fail,
  type PluginSignature,
  type ProjectId,
  type ProjectKey,
  type rest,
  signedKeyText,
  type TargetProjectKey,
} from "@s4t/contract";
import { type Clock, type Log, type Part, toRfc3339 } from "@s4t/kit";
import type { AuditLog } from "../../edge/facts.ts";
import { type Actor, everything, within } from "../../policy/index.ts";
import type { Database, Reader, Tx } from "../../ports/database.ts";
import { generatePair, isSignedBy, signWith } from "./ed25519.ts";
import { forgetPrivate, insertKey, type KeyRow, listHeld, listKeys } from "./store.ts";
import { createVault } from "./vault.ts";

type SealBody = BodyOf<typeof rest.projectKeys.seal>;

/** A project as far as its key is concerned. */
export interface KeyedProject {
  readonly uuid: ProjectId;
  readonly name: string;
}

export interface Keys extends Part {
  /** Within a transaction: makes the project's key where it has none. */
  ensure(tx: Tx, project: ProjectId): Promise<void>;
  show(project: KeyedProject): Promise<ProjectKey>;
  /** The present key, and whether its owner has it; undefined before the first need. */
  present(
    reader: Reader,
    project: ProjectId,
  ): Promise<{ readonly key: string; readonly sealed: boolean } | undefined>;
  /** Within a transaction: signs by the key of a managed project. Throws `plugin.unsigned` for a sealed one. */
  sign(tx: Tx, project: ProjectId, text: string): Promise<PluginSignature>;
  seal(actor: Actor, project: KeyedProject, body: SealBody): Promise<ProjectKey>;
  /** Part of a board's target: how the present key came to be. */
  targetPart(
    reader: Reader,
    board: { readonly project_id: string },
  ): Promise<{ trust?: { "project-key": TargetProjectKey } }>;
}

export interface KeysDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: AuditLog;
  /** Folder of the secrets that private keys are locked with. */
  readonly folder: string;
  /** Within a transaction: takes over the owner's signatures of versions, by id; each has been asked whether it is good. */
  readonly resign: (
    tx: Tx,
    project: ProjectId,
    key: string,
    signatures: Readonly<Record<string, string>>,
  ) => Promise<void>;
  /** Within a transaction: the targets of a project's boards have changed. */
  readonly retarget: (tx: Tx, project: ProjectId) => Promise<void>;
}

const show = ({ key, sealed, created_at }: KeyRow): ProjectKey => ({
  key,
  level: sealed === 1 ? "sealed" : "managed",
  since: toRfc3339(created_at),
});

/** Makes the module. */
export const createKeys = (deps: KeysDependencies): Keys => {
  const { database, clock, log, audit } = deps;
  const vault = createVault(deps.folder);
  const ensured = new Set<ProjectId>();

  const find = async (reader: Reader, project: ProjectId): Promise<KeyRow | undefined> =>
    (await listKeys(within(project), reader, project)).at(-1);

  const get = async (tx: Tx, project: ProjectId): Promise<KeyRow> => {
    const known = await find(tx, project);
    if (known) return known;
    const { key, privateDer } = generatePair();
    await insertKey(within(project), tx, {
      project_id: project,
      place: 1,
      key,
      signature: null,
      sealed: 0,
      private: vault.lock(key, privateDer),
      created_at: clock.now(),
    });
    return (await find(tx, project)) as KeyRow;
  };

  const privateOf = ({ key, private: locked }: KeyRow): Buffer => {
    if (locked === null) throw fail("plugin.unsigned");
    return vault.unlock(key, locked);
  };

  return {
    name: "keys",
    async start() {
      vault.open();
      // Secrets whose keys were never stored, or were given up just before the cloud ended.
      const held = new Set(
        await database.read(everything, (reader) => listHeld(everything, reader)),
      );
      for (const key of vault.list()) if (!held.has(key)) vault.destroy(key);
    },
    async ensure(tx, project) {
      if (ensured.has(project)) return;
      await get(tx, project);
      tx.afterCommit(() => ensured.add(project));
    },
    async show({ uuid }) {
      const scope = within(uuid);
      const known = await database.read(scope, (reader) => find(reader, uuid));
      return show(known ?? (await database.write(scope, (tx) => get(tx, uuid))));
    },
    async present(reader, project) {
      const row = await find(reader, project);
      return row && { key: row.key, sealed: row.sealed === 1 };
    },
    async sign(tx, project, text) {
      const row = await get(tx, project);
      return { key: row.key, signature: signWith(privateOf(row), text) };
    },
    async seal(actor, { uuid: project, name }, { key, proof, signatures }) {
      if (!isSignedBy(key, signedKeyText(key, true), proof))
        throw fail("plugin.signature-invalid", { because: "the new key does not prove itself" });
      return database.write(within(project), async (tx) => {
        const before = await get(tx, project);
        if (before.sealed === 1) throw fail("project.sealed");
        if (before.key === key)
          throw fail("plugin.signature-invalid", { because: "the cloud has had this key" });
        const row: KeyRow = {
          project_id: project,
          place: before.place + 1,
          key,
          signature: signWith(privateOf(before), signedKeyText(key, true)),
          sealed: 1,
          private: null,
          created_at: clock.now(),
        };
        await insertKey(within(project), tx, row);
        await forgetPrivate(within(project), tx, project);
        await deps.resign(tx, project, key, signatures);
        await audit.append(tx, {
          actor,
          action: "project.seal",
          project,
          resource: { noun: "project", uuid: project, name },
          facts: { key, before: before.key, versions: Object.keys(signatures).length },
        });
        await deps.retarget(tx, project);
        // After the commit, or at the next start: never before it is certain that the owner has the project.
        tx.afterCommit(() => {
          try {
            vault.destroy(before.key);
          } catch (error) {
            log.error("The secret of a key that was handed over is still on the disk", { error });
          }
        });
        return show(row);
      });
    },
    async targetPart(reader, board) {
      const rows = await listKeys(within(board.project_id as ProjectId), reader, board.project_id);
      if (rows.length === 0) return {};
      const keys = rows.map(({ key, signature, sealed }) => ({
        ...{ key, signature },
        sealed: sealed === 1,
      }));
      return { trust: { "project-key": { keys } } };
    },
  };
};
