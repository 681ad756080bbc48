// What the link asks of this module: whose key is this, enrol, who came and went, what should a board hold, what did it say.
import {
  type BoardId,
  fail,
  type HelloExtra,
  type KnownOfBoard,
  MAX_JOBS_PER_REPLY,
  type ProjectId,
} from "@s4t/contract";
import type { Log } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import type { KnownBoard, LinkHost, PresenceEvent } from "../../edge/link.ts";
import { everything, within } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";
import type { Operations } from "../operations/index.ts";
import { searchTextOf, stateOf } from "./board.ts";
import { boardActor } from "./board-actor.ts";
import { type BoardsDependencies, getRow, noteChange } from "./change.ts";
import { endEnrolments, findEnrolment, takeEnrolment } from "./enrolment-store.ts";
import { createRefusals } from "./refusals.ts";
import type { Reports } from "./reports.ts";
import { findKeyHolder, holdSession, holdStanding, openEpoch } from "./session-store.ts";
import { findReportPlace, insertPresence } from "./state-store.ts";
import { type BoardRow, findByPubkey, updateBoard } from "./store.ts";
import { composeTarget, settingsPart, type TargetContributor, targetTag } from "./target.ts";
import { knownBoard } from "./wishes.ts";

export interface HostDependencies extends Omit<BoardsDependencies, "fleets"> {
  readonly operations: Operations;
  readonly reports: Reports;
  /** Other modules' parts of a board's target. */
  readonly targetParts: readonly TargetContributor[];
  /** Whether a board's target names these bytes. */
  readonly namesBlob: (reader: Reader, board: BoardRow, sha256: string) => Promise<boolean>;
  /** Within the transaction that opens a board's session: what its target needs of its project is there. */
  readonly onJoin: (tx: Tx, project: ProjectId) => Promise<void>;
  /** Names what all boards' targets have in common beside what their revisions count. */
  readonly targetCommon: () => string;
  /** Hears of a board that has joined and answers calls. */
  readonly onReady: (board: BoardId) => void;
}

/** Makes the host. */
export const createLinkHost = (deps: HostDependencies, log: Log): LinkHost => {
  const { database, clock, audit, operations, reports, link } = deps;
  const refusals = createRefusals({ clock, audit, log });

  const enrolIn = async (
    tx: Tx,
    code: string,
    extra: HelloExtra,
    address: string | null,
  ): Promise<KnownBoard> => {
    const hash = sha256Hex(code);
    const found = await findEnrolment(everything, tx, hash);
    if (!found) throw fail("enrolment.invalid");
    if (found.used_at !== null) {
      // Asked again by the key that it was used for: the board did not hear, or could not note, that it had worked.
      const taken = await getRow(everything, tx, found.board_id);
      if (taken.pubkey === extra.pubkey && taken.retired_at === null) return knownBoard(taken);
      throw fail("enrolment.used");
    }
    if (Number(found.expires_at) <= clock.now()) throw fail("enrolment.expired");
    const holder = await findByPubkey(everything, tx, extra.pubkey);
    if (holder && holder.uuid !== found.board_id) throw fail("enrolment.invalid");
    if (!(await takeEnrolment(everything, tx, hash, clock.now()))) throw fail("enrolment.used");
    const row = await getRow(everything, tx, found.board_id);
    if (row.retired_at !== null) throw fail("enrolment.invalid");
    await endEnrolments(everything, tx, row.project_id as ProjectId, row.uuid, clock.now());
    const next = { ...row, pubkey: extra.pubkey, rev: row.rev + 1 };
    await updateBoard(everything, tx, row.uuid, {
      pubkey: extra.pubkey,
      rev: next.rev,
      updated_at: clock.now(),
      // As the agent says of itself: a real one that takes a simulated board's place is real.
      simulated: extra.simulated === true ? 1 : 0,
      status: stateOf(next, clock.now()),
    });
    const board = knownBoard(row);
    await noteChange(deps, tx, {
      actor: boardActor(board, address),
      action: "board.enrol",
      row: next,
      patch: { status: stateOf(next, clock.now()) },
      facts: { fingerprint: sha256Hex(extra.pubkey).slice(0, 16) },
    });
    // A board that enrols again has a new key: a session with the old one ends.
    if (row.pubkey !== null) tx.afterCommit(() => link().end(board.uuid, "link.revoked"));
    return board;
  };

  const storeEvent = async (tx: Tx, event: PresenceEvent): Promise<void> => {
    const { board, epoch, atMs, reason, address } = event;
    const row = await holdStanding(everything, tx, board.uuid);
    // An older session's going says nothing about the present one.
    if (!row || row.epoch !== epoch || row.retired_at !== null) return;
    const joined = event.event === "joined";
    const next = {
      ...row,
      connected: joined ? 1 : 0,
      since: atMs,
      last_seen_at: atMs,
      address: joined ? address : row.address,
      left_reason: joined ? null : reason,
      busy_until: joined ? null : row.busy_until,
    };
    const status = stateOf(next, clock.now());
    const { connected, since, last_seen_at, left_reason, busy_until } = next;
    // Written only where it changes: the index of texts is filled anew by every write of it, and fleets come back all at once.
    const search = searchTextOf(next);
    await updateBoard(everything, tx, row.uuid, {
      connected,
      since,
      last_seen_at,
      address: next.address,
      left_reason,
      busy_until,
      status,
      ...(search === row.search ? {} : { search }),
    });
    await insertPresence(everything, tx, board.project, board.uuid, {
      at: atMs,
      event: event.event,
      reason,
      address,
    });
    await noteChange(deps, tx, {
      actor: boardActor(board, address),
      action: null,
      row,
      patch: { status },
    });
  };

  return {
    async findByKey(pubkey, uuid) {
      const row = await database.read(everything, (reader) =>
        findKeyHolder(everything, reader, pubkey),
      );
      return row?.uuid === uuid ? knownBoard(row) : undefined;
    },
    async enrol(code, extra, address) {
      try {
        return await database.write(everything, (tx) => enrolIn(tx, code, extra, address));
      } catch (error) {
        await refusals.noteEnrolment(error instanceof Error ? error.message : "", address);
        throw error;
      }
    },
    openSession: (board, extra) =>
      database.write(everything, async (tx) => {
        const opened = await openEpoch(everything, tx, board.uuid, extra.pubkey, {
          agent_kind: "lightning-rod",
          agent_version: extra.version,
          contract: extra.contract,
          features: JSON.stringify(extra.features),
        });
        // Retired, or enrolled again with another key, while it proved who it is.
        if (!opened) throw fail("link.revoked");
        const { epoch } = opened;
        await deps.onJoin(tx, board.project);
        const place = await findReportPlace(everything, tx, board.project, board.uuid, epoch);
        const knows: KnownOfBoard = {
          target: targetTag(opened, deps.targetCommon()),
          jobs: await operations.hasJobs(tx, board.uuid),
          reports:
            place?.bootId === undefined || place.bootId === null
              ? null
              : { bootId: place.bootId, seq: place.seq },
        };
        return { epoch, knows };
      }),
    onReady: deps.onReady,
    storePresence: (events) =>
      database.write(everything, async (tx) => {
        // Rows are held in one order by all, each board's events in theirs.
        const inOrder = events.toSorted((a, b) =>
          a.board.uuid < b.board.uuid ? -1 : Number(a.board.uuid > b.board.uuid),
        );
        for (const event of inOrder) await storeEvent(tx, event);
      }),
    async targetFor(board, epoch) {
      const scope = within(board.project);
      return database.read(scope, async (reader) => {
        const row = await getRow(scope, reader, board.uuid);
        if (row.epoch !== epoch || row.retired_at !== null) throw fail("link.superseded");
        const parts = [settingsPart(row)];
        for (const part of deps.targetParts) parts.push(await part(reader, row));
        return {
          target: composeTarget(row.target_wanted, parts, row.agent_kind),
          tag: targetTag(row, deps.targetCommon()),
        };
      });
    },
    requireBlob: (board, epoch, sha256) => {
      const scope = within(board.project);
      return database.read(scope, async (reader) => {
        const row = await getRow(scope, reader, board.uuid);
        if (row.epoch !== epoch || row.retired_at !== null) throw fail("link.superseded");
        if (!(await deps.namesBlob(reader, row, sha256))) throw fail("blob.not-found");
      });
    },
    jobsFor: (board, epoch, after) =>
      operations.jobsFor(board.project, board.uuid, {
        ...{ after, limit: MAX_JOBS_PER_REPLY },
        async hold(tx) {
          const scope = within(board.project);
          if (!(await holdSession(scope, tx, board.uuid, epoch, clock.now())))
            throw fail("link.superseded");
        },
      }),
    appendReport: (...asked) => reports.append(...asked),
    onRefused: refusals.note,
    stop: refusals.flush,
  };
};
