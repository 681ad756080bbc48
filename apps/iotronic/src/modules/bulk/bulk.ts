// The noun: bulk operations. What was asked and what became of each board is here; that it is under way, and how many boards are how
// far, is an operation like every other.
import {
  type BoardId,
  type BodyOf,
  type BulkActionName,
  type BulkBoard,
  type BulkSelection,
  type Bulk as BulkShown,
  bulkActions,
  DEFAULT_BULK_AT_ONCE,
  fail,
  MAX_BULK_BOARDS,
  MAX_BULK_PER_SECOND,
  type Operation,
  type OperationState,
  type Preview,
  type Problem,
  type ProjectId,
  type QueryOf,
  type rest,
} from "@s4t/contract";
import { type Part, toRfc3339 } from "@s4t/kit";
import type { BulkWork, PickBoards, PickedBoard } from "../../edge/bulk.ts";
import type { AuditLog } from "../../edge/facts.ts";
import { newId } from "../../edge/id.ts";
import { pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import {
  type Actor,
  everything,
  requireMay,
  type Scope,
  systemActor,
  within,
} from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";
import { statesOf } from "../operations/index.ts";
import { type DriveDependencies, drive, type Going, noParts } from "./drive.ts";
import { createPaces } from "./pace.ts";
import { previewOf } from "./preview.ts";
import {
  type BulkBoardRow,
  type BulkRow,
  findBulk,
  insertBulk,
  listBulkBoards,
  listGoing,
} from "./store.ts";

/** Most bulk operations of one project that go on together: each keeps some boards at their turn. */
export const MAX_BULKS_PER_PROJECT = 20;

/** Longest that one board of a preview is tried. */
export const PREVIEW_TRIAL_MS = 5_000;

type StartBody = BodyOf<typeof rest.bulk.start>;

export interface BulkDependencies extends DriveDependencies {
  readonly audit: AuditLog;
  readonly pickBoards: PickBoards;
}

export interface Bulk extends Part {
  begin(actor: Actor, project: ProjectId, body: StartBody): Promise<Operation>;
  preview(actor: Actor, project: ProjectId, body: StartBody): Promise<Preview>;
  show(scope: Scope, uuid: string): Promise<BulkShown>;
  boards(
    scope: Scope,
    uuid: string,
    query: QueryOf<typeof rest.bulk.boards>,
  ): Promise<{ items: BulkBoard[]; next: string | null }>;
}

const showBoard = (row: BulkBoardRow): BulkBoard => ({
  place: row.place,
  board: row.board_id,
  name: row.name,
  status: row.status as OperationState,
  operation: row.operation_id,
  startedAt: row.started_at === null ? null : toRfc3339(row.started_at),
  endedAt: row.ended_at === null ? null : toRfc3339(row.ended_at),
  result: row.result === null ? null : (JSON.parse(row.result) as unknown),
  problem: row.problem === null ? null : (JSON.parse(row.problem) as Problem),
});

const notDone = ["failed", "unknown", "expired", "canceled"] as const;

/** Throws `request.invalid` for a selection that says nothing: everything has to be said, too. */
const requireSaid = ({ q, fleet, boards, again }: BulkSelection): void => {
  if (q === undefined && fleet === undefined && !boards && !again)
    throw fail("request.invalid", {
      where: "body/selection",
      because: 'must say which boards: q, fleet, boards or again; a q of "" is all of them',
    });
};

/** Makes the verbs. */
export const createBulk = (deps: BulkDependencies): Bulk => {
  const { database, clock, audit, operations, company, link, pickBoards, performOne } = deps;
  const going = new Map<string, Going>();
  const paces = createPaces(clock);
  let isStopped = false;

  const setOut = (row: BulkRow, actor: Actor, resumed: boolean): void => {
    if (isStopped) return;
    const { pace, leave } = paces.join(row.project_id);
    const onEnd = (): void => {
      going.delete(row.uuid);
      leave();
    };
    going.set(row.uuid, drive(deps, row, actor, pace, { resumed, onEnd }));
  };

  const workOf = (project: ProjectId, { action, params, body }: StartBody): BulkWork => ({
    ...{ action, project },
    params: params ?? {},
    body: body ?? {},
  });

  /** Boards that are asked for, as they are now. */
  const pick = async (
    scope: Scope,
    reader: Reader,
    { q, fleet, boards, again }: BulkSelection,
  ): Promise<PickedBoard[]> => {
    const limit = MAX_BULK_BOARDS + 1;
    const asked = { q, fleet, names: boards };
    if (!again) return pickBoards(scope, reader, asked, limit);
    if (!(await findBulk(scope, reader, again.bulk))) throw fail("operation.not-found");
    const states = again.status ?? notDone;
    const rows = await listBulkBoards(
      ...([scope, reader, { bulk: again.bulk, states, after: 0 }, limit] as const),
    );
    const ids = new Set(rows.map(({ board_id }) => board_id));
    const isNarrowed = q !== undefined || fleet !== undefined || boards !== undefined;
    // With nothing else said all of them: one that is not there any more is told so at its turn.
    const found = new Map<string, PickedBoard>();
    for (const each of await pickBoards(
      ...([scope, reader, isNarrowed ? asked : { ids: [...ids] }, limit] as const),
    ))
      found.set(each.uuid, each);
    if (isNarrowed) return [...found.values()].filter(({ uuid }) => ids.has(uuid));
    const gone = { enrolled: false, canReboot: false };
    return rows.map(
      ({ board_id, name }) => found.get(board_id) ?? { uuid: board_id, name, ...gone },
    );
  };

  const requireSome = (boards: readonly PickedBoard[]): void => {
    if (boards.length === 0) throw fail("bulk.nothing");
    if (boards.length > MAX_BULK_BOARDS) throw fail("bulk.too-many", { limit: MAX_BULK_BOARDS });
  };

  const requireSensible = (actor: Actor, project: ProjectId, body: StartBody): BulkWork => {
    requireMay(actor, body.action, project);
    requireSaid(body.selection);
    const work = workOf(project, body);
    performOne().check(work);
    return work;
  };

  const getBulk = async (scope: Scope, uuid: string): Promise<BulkRow> => {
    const row = await database.read(scope, (reader) => findBulk(scope, reader, uuid));
    if (!row) throw fail("operation.not-found");
    return row;
  };

  const open = async (
    tx: Tx,
    actor: Actor,
    body: StartBody,
    { action, project, params, body: given }: BulkWork,
  ): Promise<Operation> => {
    const scope = within(project);
    const boards = await pick(scope, tx, body.selection);
    requireSome(boards);
    if ((await listGoing(scope, tx)).length >= MAX_BULKS_PER_PROJECT)
      throw fail("quota.exceeded", {
        limit: MAX_BULKS_PER_PROJECT,
        what: "bulk operations going on",
      });
    const uuid = newId();
    const { waitS = 0 } = body;
    const row: BulkRow = {
      uuid,
      project_id: project,
      action,
      selection: JSON.stringify(body.selection),
      params: JSON.stringify(params),
      body: JSON.stringify(given),
      token: actor.token,
      address: actor.address,
      wait_until: waitS > 0 ? clock.now() + waitS * 1_000 : null,
      at_once: body.atOnce ?? DEFAULT_BULK_AT_ONCE,
      per_second: body.perSecond ?? MAX_BULK_PER_SECOND,
      canceled: 0,
      ended_at: null,
    };
    const rows = boards.map(
      ({ uuid: board_id, name }, i): BulkBoardRow => ({
        ...{ project_id: project, bulk_id: uuid, place: i + 1, board_id, name },
        ...{ status: "queued", operation_id: null, started_at: null, ended_at: null },
        ...{ result: null, problem: null },
      }),
    );
    await insertBulk(scope, tx, row, rows);
    const parts = { ...noParts(), total: rows.length, queued: rows.length };
    const opened = { actor, project, name: `bulk ${action}`, board: null, uuid, parts };
    const operation = await operations.open(tx, opened);
    await audit.append(tx, {
      ...{ actor, action: "bulk.start", project },
      resource: { noun: "operation", uuid, name: null },
      facts: { action, boards: rows.length, ...params },
    });
    tx.afterCommit(() => setOut(row, actor, false));
    return operation;
  };

  const stopCanceling = operations.onCancel(async (uuid) => {
    const found = going.get(uuid);
    await found?.cancel();
    return found !== undefined;
  });

  return {
    name: "bulk",
    async begin(actor, project, body) {
      const work = requireSensible(actor, project, body);
      return database.write(within(project), (tx) => open(tx, actor, body, work));
    },
    async preview(actor, project, body) {
      const work = requireSensible(actor, project, body);
      const scope = within(project);
      const boards = await database.read(scope, (reader) => pick(scope, reader, body.selection));
      if (boards.length > MAX_BULK_BOARDS) throw fail("bulk.too-many", { limit: MAX_BULK_BOARDS });
      return previewOf(body.action, boards, {
        waits: (body.waitS ?? 0) > 0,
        isConnected: (board) => link().isConnected(board as BoardId),
        tryOne: (board) =>
          company.tried(() =>
            performOne().perform(actor, work, board, AbortSignal.timeout(PREVIEW_TRIAL_MS)),
          ),
      });
    },
    async show(scope, uuid) {
      const row = await getBulk(scope, uuid);
      const action = row.action as BulkActionName;
      return {
        operation: await operations.get(scope, uuid),
        action,
        kind: bulkActions[action].kind,
        selection: JSON.parse(row.selection) as BulkSelection,
        params: JSON.parse(row.params) as Record<string, string>,
        body: JSON.parse(row.body) as unknown,
        waitUntil: row.wait_until === null ? null : toRfc3339(row.wait_until),
        atOnce: row.at_once,
        perSecond: row.per_second,
      };
    },
    async boards(scope, uuid, query) {
      const { uuid: bulk } = await getBulk(scope, uuid);
      const [after] = query.after === undefined ? [0] : parseCursor(query.after, ["number"]);
      const filter = { bulk, states: statesOf(query.status), after };
      const rows = await database.read(scope, (reader) =>
        listBulkBoards(scope, reader, filter, pageSizeOf(query) + 1),
      );
      return pageOf(rows, query, ({ place }) => [place], showBoard);
    },
    async start() {
      for (const row of await database.read(everything, (reader) => listGoing(everything, reader)))
        setOut(row, { ...systemActor, admin: false, token: row.token, address: row.address }, true);
    },
    async stop() {
      isStopped = true;
      stopCanceling();
      await Promise.all([...going.values()].map((each) => each.stop()));
    },
  };
};
