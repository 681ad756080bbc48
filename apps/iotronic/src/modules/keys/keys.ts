// The key that makes code good on a project's boards: made at first need, used for every version of a managed project, replaced by
// another when it may be known to somebody, handed over to its owner once and for all. Each key is named by the one before, which
// is good for nothing from then on, and the versions are signed again.
import {
  type BodyOf,
  fail,
  type PluginSignature,
  type ProjectId,
  type ProjectKey,
  type rest,
  signedKeyText,
  signedVersionText,
  type TargetProjectKey,
} from "@s4t/contract";
import { type Clock, type Log, type Part, toRfc3339 } from "@s4t/kit";
import type { AuditLog } from "../../edge/facts.ts";
import { type Actor, everything, within } from "../../policy/index.ts";
import type { Database, Reader, Tx } from "../../ports/database.ts";
import { generatePair, isSignedBy, signWith } from "./ed25519.ts";
import {
  forgetPrivate,
  insertKey,
  type KeyRow,
  listHeld,
  listKeys,
  lockKeys,
  removeKeys,
} from "./store.ts";
import { requireNobodyBehind, successionOf } from "./succession.ts";
import { createVault } from "./vault.ts";

type SealBody = BodyOf<typeof rest.projectKeys.seal>;
type RekeyBody = BodyOf<typeof rest.projectKeys.rekey>;

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
  /** The present key, which nobody replaces until the transaction ends. */
  hold(tx: Tx, project: ProjectId): Promise<{ readonly key: string; readonly sealed: boolean }>;
  /**
   * Within a transaction: signs by the key of a managed project, which nobody replaces until it ends. Throws `plugin.unsigned` for
   * a sealed one.
   */
  sign(tx: Tx, project: ProjectId, text: string): Promise<PluginSignature>;
  seal(actor: Actor, project: KeyedProject, body: SealBody): Promise<ProjectKey>;
  rekey(actor: Actor, project: KeyedProject, body: RekeyBody): Promise<ProjectKey>;
  /** Within a transaction: the project is gone, and its keys with it. */
  forget(tx: Tx, project: ProjectId): Promise<void>;
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
  /** Ids of the project's versions that a key has signed. */
  readonly signedBy: (
    reader: Reader,
    project: ProjectId,
    key: string,
  ) => Promise<readonly string[]>;
  /** Within a transaction: takes over a key's signatures of versions, by id; each is asked whether it is good. */
  readonly resign: (
    tx: Tx,
    project: ProjectId,
    key: string,
    signatures: Readonly<Record<string, string>>,
  ) => Promise<void>;
  /** How many boards have told last of just one of these values (by hash) in the place of the project's key. */
  readonly countTold: (
    tx: Tx,
    project: ProjectId,
    key: string,
    hashes: readonly string[],
  ) => Promise<number>;
  /** Within a transaction: the targets of a project's boards have changed. */
  readonly retarget: (tx: Tx, project: ProjectId) => Promise<void>;
}

/** In what a project comes to another key. */
interface Succession {
  readonly tx: Tx;
  readonly actor: Actor;
  readonly action: "project.seal" | "project.rekey";
  readonly project: KeyedProject;
}

/** A key, named by the one before, and what it signs of what was there. */
interface Successor extends Pick<KeyRow, "key" | "sealed" | "private"> {
  readonly signature: string;
  readonly signatures: Readonly<Record<string, string>>;
}

const show = ({ key, sealed, created_at, place }: KeyRow): ProjectKey => ({
  key,
  level: sealed === 1 ? "sealed" : "managed",
  since: toRfc3339(created_at),
  number: place,
});

const shortly = ({ key, sealed }: KeyRow) => ({ key, sealed: sealed === 1 });

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

  const hold = async (tx: Tx, project: ProjectId): Promise<KeyRow> => {
    await get(tx, project);
    await lockKeys(within(project), tx, project);
    return (await find(tx, project)) as KeyRow;
  };

  const privateOf = ({ key, private: locked }: KeyRow): Buffer => {
    if (locked === null) throw fail("plugin.unsigned");
    return vault.unlock(key, locked);
  };

  /** What is left, the next start destroys. */
  const destroy = (key: string): void => {
    try {
      vault.destroy(key);
    } catch (error) {
      log.error("The secret of a key that is given up is still on the disk", { error });
    }
  };

  const requireProof = ({ key, proof }: Pick<SealBody, "key" | "proof">): void => {
    if (!isSignedBy(key, signedKeyText(key, true), proof))
      throw fail("plugin.signature-invalid", { because: "the new key does not prove itself" });
  };

  /** Puts `next` in the place of `before`: the one way in which a project comes to another key. */
  const succeed = async (
    { tx, actor, action, project }: Succession,
    before: KeyRow,
    { signatures, ...next }: Successor,
  ): Promise<ProjectKey> => {
    const { uuid, name } = project;
    const scope = within(uuid);
    const { key } = next;
    const known = await listKeys(scope, tx, uuid);
    if (known.some((earlier) => earlier.key === key))
      throw fail("plugin.signature-invalid", { because: "the project has had this key" });
    if (!isSignedBy(before.key, signedKeyText(key, next.sealed === 1), next.signature))
      throw fail("plugin.signature-invalid", {
        because: "the present key does not name the new one",
      });
    await requireNobodyBehind(known, (hashes) =>
      deps.countTold(tx, uuid, "trust/project-key", hashes),
    );
    await forgetPrivate(scope, tx, uuid);
    const place = before.place + 1;
    const row: KeyRow = { ...next, project_id: uuid, place, created_at: clock.now() };
    if (!(await insertKey(scope, tx, row))) throw fail("project.key-changed");
    await deps.resign(tx, uuid, key, signatures);
    await audit.append(tx, {
      ...{ actor, action, project: uuid },
      resource: { noun: "project", uuid, name },
      facts: { key, before: before.key, versions: Object.keys(signatures).length },
    });
    await deps.retarget(tx, uuid);
    // After the commit, or at the next start: never before it is certain that the next one holds.
    tx.afterCommit(() => destroy(before.key));
    return show(row);
  };

  /** The next key of a managed project, with the versions signed again that the present one has signed. */
  const makeNext = async (tx: Tx, project: ProjectId, before: KeyRow): Promise<Successor> => {
    const { key, privateDer } = generatePair();
    const versions = await deps.signedBy(tx, project, before.key);
    const signatures = Object.fromEntries(
      versions.map((version) => [version, signWith(privateDer, signedVersionText(version))]),
    );
    const signature = signWith(privateOf(before), signedKeyText(key, false));
    return { key, signature, sealed: 0, private: vault.lock(key, privateDer), signatures };
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
      return row && shortly(row);
    },
    hold: async (tx, project) => shortly(await hold(tx, project)),
    async sign(tx, project, text) {
      const row = await hold(tx, project);
      return { key: row.key, signature: signWith(privateOf(row), text) };
    },
    async seal(actor, project, body) {
      requireProof(body);
      const { key, signatures } = body;
      return database.write(within(project.uuid), async (tx) => {
        const before = await hold(tx, project.uuid);
        if (before.sealed === 1) throw fail("project.sealed");
        const signature = signWith(privateOf(before), signedKeyText(key, true));
        const next = { key, signature, sealed: 1, private: null, signatures };
        return succeed({ tx, actor, action: "project.seal", project }, before, next);
      });
    },
    async rekey(actor, project, { next }) {
      if (next) requireProof(next);
      return database.write(within(project.uuid), async (tx) => {
        const about = { tx, actor, action: "project.rekey", project } as const;
        const before = await hold(tx, project.uuid);
        if (before.sealed !== 1) {
          if (next) throw fail("project.managed");
          return succeed(about, before, await makeNext(tx, project.uuid, before));
        }
        if (!next) throw fail("project.sealed");
        const { key, named: signature, signatures } = next;
        return succeed(about, before, { key, signature, sealed: 1, private: null, signatures });
      });
    },
    async forget(tx, project) {
      const rows = await listKeys(within(project), tx, project);
      await removeKeys(within(project), tx, project);
      tx.afterCommit(() => {
        ensured.delete(project);
        for (const { key } of rows) destroy(key);
      });
    },
    async targetPart(reader, board) {
      const rows = await listKeys(within(board.project_id as ProjectId), reader, board.project_id);
      if (rows.length === 0) return {};
      return { trust: { "project-key": successionOf(rows) } };
    },
  };
};
