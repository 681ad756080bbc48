// Boards that run the original agent: registered by code, then known by their id. They have no key; in its place stands a number
// that comes of their id, so that a board which has a key is never taken for one of them.
import { fail, type Labels, type Location, type ProjectId } from "@s4t/contract";
import { sha256Hex } from "@s4t/kit/node";
import type { OriginalsHost } from "../../edge/originals.ts";
import { everything } from "../../policy/index.ts";
import type { Tx } from "../../ports/database.ts";
import { stateOf } from "./board.ts";
import { boardActor } from "./board-actor.ts";
import { type BoardsDependencies, getRow, noteChange } from "./change.ts";
import { findEnrolment, takeOriginalCodes } from "./enrolment-store.ts";
import { createRefusals } from "./refusals.ts";
import { openEpoch } from "./session-store.ts";
import { listEntryStates, setEntryStates } from "./state-store.ts";
import { type BoardRow, findBoard, updateBoard } from "./store.ts";
import { knownBoard } from "./wishes.ts";

/** What stands in the place of a key: the hash of a sentence is nobody's public key but by finding a discrete logarithm. */
export const keylessOf = (uuid: string): string =>
  sha256Hex(`s4t: this board runs the original agent and has no key\n${uuid}`);

export interface OriginalsDependencies
  extends Pick<BoardsDependencies, "database" | "clock" | "log" | "audit" | "changes" | "link"> {
  /** As for boards of ours: within the transaction that opens a session. */
  readonly onJoin: (tx: Tx, project: ProjectId) => Promise<void>;
}

/** Makes it. */
export const createOriginalsHost = (
  deps: OriginalsDependencies,
): OriginalsHost & { stop(): Promise<void> } => {
  const { database, clock, audit, log, link } = deps;
  const refusals = createRefusals({ clock, audit, log });

  const registerIn = async (tx: Tx, code: string, address: string | null): Promise<BoardRow> => {
    const found = await findEnrolment(everything, tx, originalHashOf(code));
    if (!found) throw fail("enrolment.invalid");
    if (found.used_at !== null) throw fail("enrolment.used");
    if (Number(found.expires_at) <= clock.now()) throw fail("enrolment.expired");
    const row = await getRow(everything, tx, found.board_id);
    if (row.retired_at !== null) throw fail("enrolment.invalid");
    const pubkey = keylessOf(row.uuid);
    // Asked again before it has connected: the board did not hear, or could not note, that it had worked.
    if (row.pubkey === pubkey) return row;
    const next: BoardRow = {
      ...row,
      ...{ pubkey, agent_kind: "original", rev: row.rev + 1, updated_at: clock.now() },
    };
    const { agent_kind, rev, updated_at } = next;
    const status = stateOf(next, clock.now());
    const set = { pubkey, agent_kind, rev, updated_at, simulated: 0, status };
    await updateBoard(everything, tx, row.uuid, set);
    const board = knownBoard(row);
    await noteChange(deps, tx, {
      actor: boardActor(board, address),
      action: "board.enrol",
      row: next,
      patch: { status },
      facts: { agent: "original" },
    });
    // A board that had a key has none from now on: a session with it ends.
    if (row.pubkey !== null) tx.afterCommit(() => link().end(board.uuid, "link.revoked"));
    return next;
  };

  return {
    async register(code, address) {
      try {
        const row = await database.write(everything, (tx) => registerIn(tx, code, address));
        return {
          ...knownBoard(row),
          labels: JSON.parse(row.labels) as Labels,
          location: row.location === null ? null : (JSON.parse(row.location) as Location),
          createdAtMs: row.created_at,
          updatedAtMs: row.updated_at,
        };
      } catch (error) {
        await refusals.noteEnrolment(error instanceof Error ? error.message : "", address);
        throw error;
      }
    },
    open: (uuid, { version, features }) =>
      database.write(everything, async (tx) => {
        const row = await findBoard(everything, tx, uuid);
        const pubkey = keylessOf(uuid);
        if (row?.uuid !== uuid || row.pubkey !== pubkey) throw fail("link.revoked");
        const opened = await openEpoch(everything, tx, uuid, pubkey, {
          agent_kind: "original",
          agent_version: version,
          contract: null,
          features: JSON.stringify(features),
        });
        if (opened === undefined) throw fail("link.revoked");
        const board = knownBoard(row);
        // It has registered anew: whatever it held is gone, and is given to it again.
        if (await takeOriginalCodes(everything, tx, uuid, clock.now())) {
          const states = await listEntryStates(everything, tx, board.project, uuid);
          const before = new Map(states.map((each) => [each.key, each]));
          await setEntryStates(everything, tx, board.project, uuid, before, []);
        }
        await deps.onJoin(tx, board.project);
        return { ...board, epoch: opened.epoch, pubkey };
      }),
    told: ({ uuid, project }) =>
      database.read(everything, async (reader) => {
        const states = await listEntryStates(everything, reader, project, uuid);
        return new Map(states.map(({ key, ...told }) => [key, told]));
      }),
    onRefused: refusals.note,
    stop: refusals.flush,
  };
};

/** Under which an original agent's code is kept: apart from those that enrol with a key. */
export const originalHashOf = (code: string): string => `original:${sha256Hex(code)}`;
