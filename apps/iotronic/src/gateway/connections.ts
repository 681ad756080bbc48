// Streams that are open, and the record of them: each opened and closed in the audit. Entries are written together, so that a
// connection costs no flush of its own; one that is over before its opening was written has one entry for both.
import type { BoardId, ProjectId } from "@s4t/contract";
import type { Clock, Json, Log, Timer } from "@s4t/kit";
import type { AuditInput, AuditLog } from "../edge/facts.ts";
import type { Door, OpenConnection } from "../edge/gateway.ts";
import { newId } from "../edge/id.ts";
import { type Actor, systemActor } from "../policy/index.ts";

/** How long entries are gathered: how much of the record a killed cloud may lack. */
export const RECORD_GATHER_MS = 500;
/** Entries that are written together at most. */
export const MAX_RECORDS_AT_ONCE = 500;

/** What is known of a stream when it opens. */
export interface NewConnection {
  readonly board: BoardId;
  readonly boardName: string;
  readonly project: ProjectId;
  readonly door: Door;
  readonly what: string;
  readonly from: string | null;
  readonly actor: Actor | null;
  readonly publicPort: number | null;
  /** Ends it at once. */
  readonly cut: () => void;
  /** Bytes so far. */
  readonly bytes: () => { readonly in: number; readonly out: number };
}

export interface Connections {
  /** Notes an open stream; answers how to note its end, with why. */
  open(connection: NewConnection): (reason: string) => void;
  /** Notes that somebody was turned away. */
  refused(connection: Omit<NewConnection, "cut" | "bytes">, because: string): void;
  list(board?: BoardId): readonly OpenConnection[];
  openTo(board: BoardId): number;
  readonly size: number;
  /** Cuts those that fit; answers how many. */
  cut(fits: (connection: OpenConnection) => boolean): number;
  /** Writes what was gathered. */
  flush(): Promise<void>;
}

interface Held extends NewConnection {
  readonly uuid: string;
  readonly sinceMs: number;
  isRecorded: boolean;
}

const stranger = (address: string | null): Actor => ({
  ...systemActor,
  kind: "user",
  uuid: "anonymous",
  name: "anonymous",
  admin: false,
  address,
});

/** Refusals of one board's doors that are audited in a minute: who knocks a thousand times is one line. */
export const MAX_REFUSALS_PER_MINUTE = 60;

/** Makes it. */
export const createConnections = ({
  audit,
  clock,
  log,
}: {
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Log;
}): Connections => {
  const held = new Map<string, Held>();
  const perBoard = new Map<BoardId, number>();
  const refusals = new Map<BoardId, number>();
  let minute = 0;
  let gathered: AuditInput[] = [];
  let opening: Held[] = [];
  let timer: Timer | undefined;
  let writing: Promise<unknown> = Promise.resolve();

  const entryOf = (
    connection: Omit<NewConnection, "cut" | "bytes">,
    action: string,
    facts: Readonly<Record<string, Json>>,
    status: AuditInput["status"] = "done",
  ): AuditInput => ({
    actor: connection.actor
      ? { ...connection.actor, address: connection.from }
      : stranger(connection.from),
    action,
    status,
    project: connection.project,
    resource: { noun: "board", uuid: connection.board, name: connection.boardName },
    facts: {
      door: connection.door,
      what: connection.what,
      ...(connection.publicPort === null ? {} : { publicPort: connection.publicPort }),
      ...facts,
    },
  });

  const flush = async (): Promise<void> => {
    timer?.cancel();
    timer = undefined;
    for (const connection of opening) {
      if (!held.has(connection.uuid)) continue; // over already: its end says both
      connection.isRecorded = true;
      gathered.push(entryOf(connection, "stream.open", { connection: connection.uuid }));
    }
    opening = [];
    const entries = gathered;
    gathered = [];
    writing = Promise.all([writing, ...entries.map((entry) => audit.record(entry))]).catch(
      (error: unknown) => log.error("Streams could not be recorded in the audit", { error }),
    );
    await writing;
  };

  const gather = (): void => {
    if (gathered.length + opening.length >= MAX_RECORDS_AT_ONCE) void flush();
    else timer ??= clock.after(RECORD_GATHER_MS, () => void flush());
  };

  const show = (connection: Held): OpenConnection => {
    const { uuid, board, project, door, what, from, sinceMs, publicPort } = connection;
    const bytes = connection.bytes();
    const actor = connection.actor?.name ?? null;
    const counts = { bytesIn: bytes.in, bytesOut: bytes.out };
    return { uuid, board, project, door, what, from, actor, sinceMs, publicPort, ...counts };
  };

  return {
    open(connection) {
      const made: Held = {
        ...connection,
        uuid: newId(),
        sinceMs: clock.now(),
        isRecorded: false,
      };
      held.set(made.uuid, made);
      perBoard.set(made.board, (perBoard.get(made.board) ?? 0) + 1);
      opening.push(made);
      gather();
      return (reason) => {
        if (!held.delete(made.uuid)) return;
        const left = (perBoard.get(made.board) ?? 1) - 1;
        if (left > 0) perBoard.set(made.board, left);
        else perBoard.delete(made.board);
        const bytes = made.bytes();
        gathered.push(
          entryOf(made, made.isRecorded ? "stream.close" : "stream.pass", {
            connection: made.uuid,
            seconds: Math.round((clock.now() - made.sinceMs) / 10) / 100,
            bytesIn: bytes.in,
            bytesOut: bytes.out,
            reason,
          }),
        );
        gather();
      };
    },
    refused(connection, because) {
      const now = Math.floor(clock.monotonicMs() / 60_000);
      if (now !== minute) refusals.clear();
      minute = now;
      const count = (refusals.get(connection.board) ?? 0) + 1;
      refusals.set(connection.board, count);
      if (count > MAX_REFUSALS_PER_MINUTE) return;
      gathered.push(entryOf(connection, "stream.open", { because }, "denied"));
      gather();
    },
    list: (board) =>
      [...held.values()]
        .filter((connection) => board === undefined || connection.board === board)
        .map(show),
    openTo: (board) => perBoard.get(board) ?? 0,
    get size() {
      return held.size;
    },
    cut(fits) {
      const found = [...held.values()].filter((connection) => fits(show(connection)));
      for (const connection of found) connection.cut();
      return found.length;
    },
    flush,
  };
};
