// Refusals on the link, in the audit: each one while they are few, and of the rest how many there were. A board or a stranger that is
// rude must not fill a log that is kept for ever, and must not be able to hide in it how rude it was.
import type { Clock, Log } from "@s4t/kit";
import type { AuditInput, AuditLog } from "../../edge/facts.ts";
import type { KnownBoard } from "../../edge/link.ts";
import { boardActor } from "./board-actor.ts";

/** From the first refusal on so long is counted together; then follows what was left out. */
export const REFUSALS_COUNTED_MS = 60_000;
/** Refusals of one board that are audited within a minute: a hacked board must not fill the log. */
export const MAX_AUDITED_REFUSALS_PER_MINUTE = 10;
/**
 * Refusals of those who are no board that are audited within a minute, from all addresses together: addresses cost a stranger
 * nothing, and the log is kept.
 */
export const MAX_AUDITED_STRANGERS_PER_MINUTE = 30;
/** Addresses that are told apart within a minute; those beyond have one share together. */
export const MAX_REFUSED_ADDRESSES = 10_000;
/** Longest text of a refusal that is written down: a URI of the link and its id fit twice. */
export const MAX_REFUSAL_LENGTH = 200;

export interface Refusals {
  /** Notes what a board asked for that is not its own; null: somebody who is no board. */
  note(board: KnownBoard | null, what: string, address: string | null): void;
  /** Notes an enrolment that was refused. Resolves when it is written down, where it is. */
  noteEnrolment(because: string, address: string | null): Promise<void>;
  /** Says now how many were left out; resolves when that is written down. */
  flush(): Promise<void>;
}

interface Share {
  readonly board: KnownBoard;
  count: number;
}

/** Makes it. */
export const createRefusals = ({
  clock,
  audit,
  log,
}: {
  readonly clock: Clock;
  readonly audit: Pick<AuditLog, "record">;
  readonly log: Log;
}): Refusals => {
  const boards = new Map<string, Share>();
  const addresses = new Map<string, number>();
  const strangers = { audited: 0, leftOut: 0 };
  let timer: { cancel(): void } | undefined;

  const write = (entry: Omit<AuditInput, "status">): Promise<void> =>
    audit.record({ ...entry, status: "denied" });
  const complain = (error: unknown): void => log.warn("A refusal could not be audited", { error });
  const ofBoard = (board: KnownBoard, address: string | null, facts: AuditInput["facts"] = {}) =>
    write({
      ...{ actor: boardActor(board, address), action: "link.refused", project: board.project },
      ...{ resource: { noun: "board", uuid: board.uuid, name: board.name }, facts },
    });
  const ofStranger = (
    action: "link.refused" | "board.enrol",
    address: string | null,
    facts: AuditInput["facts"] = {},
  ) => write({ actor: boardActor(null, address), action, project: null, facts });

  const flush = async (): Promise<void> => {
    timer?.cancel();
    timer = undefined;
    const rude = [...boards.values()].filter(
      ({ count }) => count > MAX_AUDITED_REFUSALS_PER_MINUTE,
    );
    const { leftOut } = strangers;
    boards.clear();
    addresses.clear();
    strangers.audited = 0;
    strangers.leftOut = 0;
    const left = rude.map(({ board, count }) =>
      ofBoard(board, null, { leftOut: count - MAX_AUDITED_REFUSALS_PER_MINUTE }),
    );
    if (leftOut > 0) left.push(ofStranger("link.refused", null, { leftOut }));
    await Promise.all(left).catch(complain);
  };
  const count = (): void => {
    timer ??= clock.after(REFUSALS_COUNTED_MS, () => void flush());
  };

  const mayAuditBoard = (board: KnownBoard): boolean => {
    count();
    const share = boards.get(board.uuid);
    if (!share) boards.set(board.uuid, { board, count: 1 });
    else share.count += 1;
    return (share?.count ?? 1) <= MAX_AUDITED_REFUSALS_PER_MINUTE;
  };
  // An address first: one that insists leaves room for what others try.
  const mayAuditStranger = (address: string | null): boolean => {
    count();
    const key = String(address);
    const own = addresses.has(key) || addresses.size < MAX_REFUSED_ADDRESSES ? key : "others";
    const tried = (addresses.get(own) ?? 0) + 1;
    addresses.set(own, tried);
    const may =
      tried <= MAX_AUDITED_REFUSALS_PER_MINUTE &&
      strangers.audited < MAX_AUDITED_STRANGERS_PER_MINUTE;
    if (may) strangers.audited += 1;
    else strangers.leftOut += 1;
    return may;
  };

  return {
    note(board, said, address) {
      if (!(board ? mayAuditBoard(board) : mayAuditStranger(address))) return;
      const what = said.slice(0, MAX_REFUSAL_LENGTH);
      (board
        ? ofBoard(board, address, { what })
        : ofStranger("link.refused", address, { what })
      ).catch(complain);
    },
    async noteEnrolment(because, address) {
      if (mayAuditStranger(address)) await ofStranger("board.enrol", address, { because });
    },
    flush,
  };
};
