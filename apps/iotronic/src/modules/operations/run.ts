// Work that a request asks for and that may outlive it: the one way in which a verb calls a board and keeps what came of it.
import { fail, type Operation, type OperationState, type Problem } from "@s4t/contract";
import { type Clock, isS4tError, type Log, toRfc3339, untilAborted } from "@s4t/kit";
import { newId } from "../../edge/id.ts";
import { Answer } from "../../edge/routes.ts";
import { within } from "../../policy/index.ts";
import type { Database, Tx } from "../../ports/database.ts";
import type { NewOperation, Outcome } from "./operations.ts";

/**
 * How long ends of work wait for one another until they are stored. Whoever waited for one is answered before; whoever asks for it
 * has it stored at once. Calls in a row flush the disk once each then, and not twice.
 */
export const END_PAUSE_MS = 10;

export interface RunRequest {
  readonly operation: Omit<NewOperation, "job" | "uuid">;
  /** Within the transaction that opens the operation: its audit entry. */
  readonly alongside: (tx: Tx, operation: string) => Promise<void>;
  /** `operation`: its id, under which a late answer is told. */
  readonly work: (signal: AbortSignal, operation: string) => Promise<unknown>;
  /** How long the request waits for the end; undefined: not at all. */
  readonly waitMs: number | undefined;
  readonly signal: AbortSignal;
  /**
   * Whether the work begins while the operation is being stored: it waits for no disk, and of a cloud that ends in this moment
   * nothing tells. Whoever waits is answered once it is stored; where it cannot be, the work is told to stop, and the caller why.
   */
  readonly early?: boolean;
  /** Whether it may be canceled; the work listens to its signal then. */
  readonly cancelable?: boolean;
}

export interface Runs {
  /** Answers `202` with the operation, or with its end where that comes within the wait. */
  run(request: RunRequest): Promise<Answer<Operation>>;
  /** Cancels work that goes on, and resolves once that is stored; undefined where it does not go on, or cannot be canceled. */
  cancel(uuid: string): Promise<Operation> | undefined;
  /** Resolves once the ends that were answered up to now are stored: whoever heard of one finds it so. Of this operation, or of all. */
  stored(uuid?: string): Promise<void>;
  /** Ends what goes on: its end is not known then. Resolves when all of it is stored. */
  stop(): Promise<void>;
}

interface RunsDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly open: (tx: Tx, operation: NewOperation) => Promise<Operation>;
  readonly settle: (uuid: string, outcome: Outcome) => Promise<Operation | undefined>;
}

interface Running {
  readonly controller: AbortController;
  readonly cancelable: boolean;
  readonly ended: Promise<Operation>;
}

/** An error as an operation shows it. */
export const problemOf = (error: unknown): Problem =>
  isS4tError(error)
    ? {
        code: error.code,
        sentence: error.message,
        ...(error.details ? { details: { ...error.details } } : {}),
      }
    : { code: "internal", sentence: fail("internal", { reference: "log" }).message };

/** Sent, and no answer: whether it ran is not known. */
const isUnknown = (code: string): boolean =>
  code === "command.unknown" || code === "deadline.exceeded";

/** An operation as it is answered. */
export const accepted = (operation: Operation): Answer<Operation> =>
  new Answer(
    operation,
    operation.endedAt === null
      ? { status: 202, headers: { location: `/api/operations/${operation.uuid}` } }
      : {},
  );

/** Makes it. */
export const createRuns = ({ database, clock, log, open, settle }: RunsDependencies): Runs => {
  const running = new Map<string, Running>();
  const storing = new Map<string, Promise<void>>();

  const outcomeOf = async (
    work: RunRequest["work"],
    uuid: string,
    { signal }: AbortController,
  ): Promise<Outcome> => {
    try {
      return { state: "done", result: await work(signal, uuid) };
    } catch (error) {
      if (signal.aborted && isS4tError(signal.reason, "request.canceled"))
        return { state: "canceled" };
      const problem = problemOf(error);
      if (problem.code === "internal") log.error("A board's operation failed", { error });
      return { state: isUnknown(problem.code) ? "unknown" : "failed", problem };
    }
  };

  const begun = (uuid: string, { operation }: RunRequest): Operation => ({
    uuid,
    name: operation.name,
    status: "running" satisfies OperationState,
    project: operation.project,
    parent: operation.parent ?? null,
    board: operation.board,
    actor: operation.actor.name,
    createdAt: toRfc3339(clock.now()),
    endedAt: null,
    expiresAt: null,
    result: null,
    problem: null,
  });

  const ended = (operation: Operation, { state, result, problem }: Outcome): Operation => ({
    ...operation,
    status: state,
    endedAt: toRfc3339(clock.now()),
    result: result ?? null,
    problem: problem ?? null,
  });

  const store = (uuid: string, request: RunRequest): Promise<Operation> =>
    database.write(within(request.operation.project), async (tx) => {
      const opened = await open(tx, { ...request.operation, uuid });
      await request.alongside(tx, uuid);
      return opened;
    });

  /** The same of work that has begun: that nothing was changed, as a refused write says, is not true of it. */
  const storeBegun = async (uuid: string, request: RunRequest): Promise<Operation> => {
    try {
      return await store(uuid, request);
    } catch (error) {
      const because = isS4tError(error)
        ? error.message
        : fail("internal", { reference: "log" }).message;
      log.error("Work that has begun could not be put on record", { error });
      throw fail("operation.unrecorded", { because }, error);
    }
  };

  /** The moment at which ends that came of late are stored together. */
  let soon: { readonly passed: Promise<void>; hurry(): void } | undefined;
  const startPause = () => {
    let pass: () => void = () => {};
    const passed = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const hurry = (): void => {
      timer.cancel();
      soon = undefined;
      pass();
    };
    const timer = clock.after(END_PAUSE_MS, hurry, { keepAlive: true });
    return { passed, hurry };
  };

  const keep = (uuid: string, came: Outcome, begun: Promise<unknown>): void => {
    soon ??= startPause();
    const kept = Promise.all([begun, soon.passed])
      .then(() => settle(uuid, came))
      .then(
        () => {},
        (error: unknown) => log.error("How an operation ended could not be stored", { error }),
      );
    storing.set(uuid, kept);
    void kept.finally(() => storing.delete(uuid));
  };

  const stored = async (uuid?: string): Promise<void> => {
    const wanted = uuid === undefined ? [...storing.values()] : [storing.get(uuid)];
    if (wanted.some((each) => each !== undefined)) soon?.hurry();
    await Promise.all(wanted);
  };

  /** Begins the work. What it resolves to is answered: once it is `stored`, which rejects where it cannot be. */
  const start = (
    operation: Operation,
    request: RunRequest,
    stored: Promise<unknown>,
  ): Promise<Operation> => {
    const { uuid } = operation;
    // The request may end before the board answers: the work goes on, bounded by its own time.
    const controller = new AbortController();
    const outcome = outcomeOf(request.work, uuid, controller);
    stored.catch((error: unknown) => controller.abort(error));
    const end = outcome.then(async (came) => {
      running.delete(uuid);
      keep(uuid, came, stored);
      await stored;
      return ended(operation, came);
    });
    end.catch(() => {}); // nobody may wait for it any more
    running.set(uuid, { controller, cancelable: request.cancelable === true, ended: end });
    return end;
  };

  const wait = async (
    operation: Operation,
    end: Promise<Operation>,
    { waitMs, signal }: RunRequest,
  ): Promise<Answer<Operation>> => {
    if (waitMs === undefined) return accepted(operation);
    let timer: { cancel(): void } | undefined;
    const late = new Promise<Operation>((resolve) => {
      timer = clock.after(waitMs, () => resolve(operation));
    });
    try {
      return accepted(await untilAborted(Promise.race([end, late]), signal));
    } finally {
      timer?.cancel();
    }
  };

  return {
    async run(request) {
      const uuid = newId();
      if (request.early && request.waitMs !== undefined) {
        const operation = begun(uuid, request);
        const storing = storeBegun(uuid, request);
        const answer = await wait(operation, start(operation, request, storing), request);
        await storing;
        return answer;
      }
      const operation = await store(uuid, request);
      return wait(operation, start(operation, request, Promise.resolve()), request);
    },
    cancel(uuid) {
      const found = running.get(uuid);
      if (!found?.cancelable) return undefined;
      found.controller.abort(fail("request.canceled"));
      return found.ended.then(async (operation) => {
        await stored(uuid);
        return operation;
      });
    },
    stored,
    async stop() {
      for (const { controller } of running.values()) controller.abort(fail("command.unknown"));
      await Promise.allSettled([...running.values()].map((each) => each.ended));
      await stored();
    },
  };
};
