// Streams that are open, and what the record says of them: each opened and closed in the audit. One that is over before its opening
// was written has one entry for both; one whose opening cannot be written is cut.
import type { BoardId, ProjectId } from "@s4t/contract";
import type { Clock, Json } from "@s4t/kit";
import type { AuditInput } from "../edge/facts.ts";
import type { ConnectionWatcher, Door, OpenConnection, StreamRecord } from "../edge/gateway.ts";
import { newId } from "../edge/id.ts";
import { type Actor, systemActor } from "../policy/index.ts";
import type { StreamLog } from "./record.ts";

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
  watch(board: BoardId, watcher: ConnectionWatcher): () => void;
  openTo(board: BoardId): number;
  readonly size: number;
  /** Cuts those that fit; answers how many. */
  cut(fits: (connection: OpenConnection) => boolean): number;
  /** Cuts all of them: the cloud goes. */
  stop(): void;
}

interface Held extends NewConnection {
  readonly uuid: string;
  readonly sinceMs: number;
  isRecorded: boolean;
  /** Why it was cut, where that is not a person's doing. */
  cutBecause: string | undefined;
  readonly end: (reason: string) => void;
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

/** Why the board opened nothing, for the record. */
export const whyNotOpened = (error: unknown, gone: AbortSignal): string => {
  if (gone.aborted) return "whoever asked left before it was open";
  return error instanceof Error ? error.message : "unknown";
};

/** Makes it. */
export const createConnections = ({
  streamLog,
  clock,
}: {
  readonly streamLog: StreamLog;
  readonly clock: Clock;
}): Connections => {
  const held = new Map<string, Held>();
  const perBoard = new Map<BoardId, number>();
  const refusals = new Map<BoardId, number>();
  const watchers = new Map<BoardId, Set<ConnectionWatcher>>();
  let minute = 0;

  const entryOf = (
    connection: Omit<NewConnection, "cut" | "bytes">,
    action: string,
    facts: Readonly<Record<string, Json>>,
    status: AuditInput["status"] = "done",
  ): StreamRecord["entry"] => ({
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

  const show = (connection: Held): OpenConnection => {
    const { uuid, board, project, door, what, from, sinceMs, publicPort } = connection;
    const bytes = connection.bytes();
    const actor = connection.actor?.name ?? null;
    const counts = { bytesIn: bytes.in, bytesOut: bytes.out };
    return { uuid, board, project, door, what, from, actor, sinceMs, publicPort, ...counts };
  };

  const noteEnd = (connection: Held, reason: string): void => {
    const { uuid, board } = connection;
    if (!held.delete(uuid)) return;
    const left = (perBoard.get(board) ?? 1) - 1;
    if (left > 0) perBoard.set(board, left);
    else perBoard.delete(board);
    for (const watcher of watchers.get(board) ?? []) watcher.ended(uuid);
    const bytes = connection.bytes();
    const facts = {
      connection: uuid,
      seconds: Math.round((clock.now() - connection.sinceMs) / 10) / 100,
      bytesIn: bytes.in,
      bytesOut: bytes.out,
      reason: connection.cutBecause ?? reason,
    };
    streamLog.add({
      say: () =>
        connection.isRecorded
          ? { entry: entryOf(connection, "stream.close", facts), closes: uuid }
          : { entry: entryOf(connection, "stream.pass", facts) },
    });
  };

  const cut = (connection: Held, because?: string): void => {
    connection.cutBecause ??= because;
    connection.cut();
  };

  return {
    open(connection) {
      const uuid = newId();
      const made: Held = {
        ...connection,
        uuid,
        sinceMs: clock.now(),
        isRecorded: false,
        cutBecause: undefined,
        end: (reason) => noteEnd(made, reason),
      };
      held.set(uuid, made);
      perBoard.set(made.board, (perBoard.get(made.board) ?? 0) + 1);
      streamLog.add({
        // Over already: its end says both.
        say: () =>
          held.has(uuid)
            ? { entry: entryOf(made, "stream.open", { connection: uuid }), opens: uuid }
            : undefined,
        onWritten() {
          made.isRecorded = true;
        },
        onFailed() {
          if (held.has(uuid)) cut(made, "unrecorded");
        },
      });
      for (const watcher of watchers.get(made.board) ?? []) watcher.opened(show(made));
      return made.end;
    },
    refused(connection, because) {
      const now = Math.floor(clock.monotonicMs() / 60_000);
      if (now !== minute) refusals.clear();
      minute = now;
      const count = (refusals.get(connection.board) ?? 0) + 1;
      refusals.set(connection.board, count);
      if (count > MAX_REFUSALS_PER_MINUTE) return;
      const entry = entryOf(connection, "stream.open", { because }, "denied");
      streamLog.add({ say: () => ({ entry }) });
    },
    list: (board) =>
      [...held.values()]
        .filter((connection) => board === undefined || connection.board === board)
        .map(show),
    watch(board, watcher) {
      const of = watchers.get(board) ?? new Set();
      watchers.set(board, of.add(watcher));
      return () => {
        of.delete(watcher);
        if (of.size === 0 && watchers.get(board) === of) watchers.delete(board);
      };
    },
    openTo: (board) => perBoard.get(board) ?? 0,
    get size() {
      return held.size;
    },
    cut(fits) {
      const found = [...held.values()].filter((connection) => fits(show(connection)));
      for (const connection of found) cut(connection);
      return found.length;
    },
    stop() {
      for (const connection of [...held.values()]) {
        cut(connection, "cloud-stopped");
        connection.end("cloud-stopped");
      }
    },
  };
};
