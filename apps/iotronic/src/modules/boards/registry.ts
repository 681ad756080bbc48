// The life of a board in the registry: made, enrolled again, changed, retired.
import { type BoardId, type Enrolment, encodeEnrolment, fail, type ProjectId } from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import { randomToken, sha256Hex } from "@s4t/kit/node";
import { newId } from "../../edge/id.ts";
import { requireRev } from "../../edge/revision.ts";
import { orTaken } from "../../edge/taken.ts";
import { type Actor, everything, within } from "../../policy/index.ts";
import type { Tx } from "../../ports/database.ts";
import { newBoard, placeOf, searchTextOf } from "./board.ts";
import type { Boards, RearmOptions } from "./boards.ts";
import { type BoardsDependencies, type Facts, getRow, holdBoard, noteChange } from "./change.ts";
import {
  endEnrolments,
  findEnrolment,
  insertEnrolment,
  removeEnrolment,
} from "./enrolment-store.ts";
import { fleetsPatch, leaveAll, setPrimary, showRow } from "./members.ts";
import { originalHashOf } from "./originals.ts";
import { type BoardRow, findBoard, insertBoard, updateBoard } from "./store.ts";

/** How long an enrolment code is good unless said. */
export const ENROLMENT_LIFE_S = 86_400;

/** Makes the verbs. */
export const createRegistry = (
  deps: BoardsDependencies,
): Pick<Boards, "create" | "update" | "retire" | "rearm"> => {
  const { database, clock, link, operations, address, commandsFor, originalCommands } = deps;
  const show = (actor: Actor, tx: Tx, row: BoardRow) =>
    showRow(deps, actor, within(row.project_id as ProjectId), tx, row);

  const keep = async (tx: Tx, row: BoardRow, hash: string, expiresInS: number): Promise<number> => {
    const now = clock.now();
    const expiresAt = now + expiresInS * 1_000;
    await insertEnrolment(everything, tx, {
      hash,
      project_id: row.project_id,
      board_id: row.uuid,
      created_at: now,
      expires_at: expiresAt,
      used_at: null,
    });
    return expiresAt;
  };

  /** For the original agent: a code that a person may choose, and that names one board of all. */
  const originalEnrolment = async (
    tx: Tx,
    row: BoardRow,
    code: string,
    expiresInS: number,
  ): Promise<Enrolment> => {
    if (!originalCommands) throw fail("legacy.off");
    const hash = originalHashOf(code);
    const known = await findEnrolment(everything, tx, hash);
    if (known && known.board_id !== row.uuid) throw fail("enrolment.code-taken");
    if (known) await removeEnrolment(everything, tx, hash);
    const expiresAt = toRfc3339(await keep(tx, row, hash, expiresInS));
    return { enrolment: code, expiresAt, commands: [...originalCommands(code)] };
  };

  const enrolmentFor = async (
    tx: Tx,
    row: BoardRow,
    { expiresInS = ENROLMENT_LIFE_S, isHere = false, agent, code: wanted }: RearmOptions,
  ): Promise<Enrolment> => {
    const code = wanted ?? randomToken(16);
    if (agent === "original") return originalEnrolment(tx, row, code, expiresInS);
    if (wanted !== undefined)
      throw fail("request.invalid", {
        where: "body/code",
        because: "is for the original agent alone",
      });
    const expiresAt = await keep(tx, row, sha256Hex(code), expiresInS);
    const enrolment = encodeEnrolment({ ...address(isHere), code });
    const commands = [...commandsFor(enrolment, row.name)];
    return { enrolment, expiresAt: toRfc3339(expiresAt), commands };
  };

  return {
    create(actor, project, body, { simulated = false, isHere = false } = {}) {
      const scope = within(project);
      const taken = () => fail("board.name-taken", { name: body.name });
      const made = database.write(scope, async (tx) => {
        if (await findBoard(scope, tx, body.name)) throw taken();
        const row = newBoard(newId(), project, body, { now: clock.now(), simulated });
        await insertBoard(scope, tx, row);
        const { enrolmentExpiresInS: expiresInS, agent, code } = body;
        const enrolment = await enrolmentFor(tx, row, { expiresInS, isHere, agent, code });
        const joined = body.fleet ? await setPrimary(deps, tx, row, body.fleet) : undefined;
        const patch = { name: row.name, status: row.status, ...fleetsPatch(joined) };
        await noteChange(deps, tx, { actor, action: "board.create", row, patch });
        return { board: await show(actor, tx, row), enrolment };
      });
      return orTaken(made, taken);
    },
    rearm(actor, scope, idOrName, options = {}) {
      return database.write(scope, async (tx) => {
        const row = await getRow(scope, tx, idOrName);
        if (row.retired_at !== null) throw fail("board.retired");
        await endEnrolments(scope, tx, row.project_id as ProjectId, row.uuid, clock.now());
        const enrolment = await enrolmentFor(tx, row, options);
        await noteChange(deps, tx, { actor, action: "board.rearm", row, patch: {} });
        return enrolment;
      });
    },
    update(actor, scope, idOrName, body, ifMatch) {
      const changed = database.write(scope, async (tx) => {
        const row = await holdBoard(scope, tx, idOrName);
        requireRev(ifMatch, row.rev);
        const { fleet, ...plain } = body;
        const { name = row.name, description = row.description, labels, location } = plain;
        const own = within(row.project_id as ProjectId);
        if (name !== row.name && (await findBoard(own, tx, name)))
          throw fail("board.name-taken", { name });
        const set = {
          name,
          description,
          labels: labels === undefined ? row.labels : JSON.stringify(labels),
          location: location === undefined ? row.location : location && JSON.stringify(location),
          ...(location === undefined ? {} : placeOf(location)),
          rev: row.rev + 1,
          updated_at: clock.now(),
        };
        const next: BoardRow = { ...row, ...set };
        await updateBoard(scope, tx, row.uuid, { ...set, search: searchTextOf(next) });
        const changedFleets =
          fleet === undefined ? undefined : await setPrimary(deps, tx, next, fleet);
        await noteChange(deps, tx, {
          actor,
          action: "board.update",
          row: next,
          patch: { ...(plain as Facts), ...fleetsPatch(changedFleets) },
          facts: { changed: Object.keys(body) },
        });
        return show(actor, tx, next);
      });
      return orTaken(changed, () => fail("board.name-taken", { name: body.name ?? "" }));
    },
    retire(actor, scope, idOrName, ifMatch) {
      return database.write(scope, async (tx) => {
        const row = await holdBoard(scope, tx, idOrName);
        requireRev(ifMatch, row.rev);
        if (row.retired_at !== null) throw fail("board.retired");
        const project = row.project_id as ProjectId;
        const now = clock.now();
        const set = {
          retired_at: now,
          status: "retired",
          pubkey: null,
          connected: 0,
          since: now,
          rev: row.rev + 1,
          updated_at: now,
          name: `${row.name.slice(0, 45)} (retired ${row.uuid.slice(-4)})`,
        };
        await updateBoard(scope, tx, row.uuid, set);
        await endEnrolments(scope, tx, project, row.uuid, now);
        const left = await leaveAll(tx, row);
        await operations.cancelWaiting(tx, actor, project, row.uuid);
        await noteChange(deps, tx, {
          actor,
          action: "board.retire",
          row: { ...row, rev: set.rev },
          patch: { status: "retired", ...fleetsPatch(left) },
        });
        tx.afterCommit(() => link().end(row.uuid as BoardId, "link.revoked"));
        return show(actor, tx, { ...row, ...set });
      });
    },
  };
};
