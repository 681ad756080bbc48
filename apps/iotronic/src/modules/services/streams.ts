// Ways to a board for one client: forward, shell, files. A forward is also a wish in the board's target, for as long as its
// client is there: a board lets nobody to a port that its target does not name.
import { fail, TUNNEL_TICKET_LIFE_S, tunnel, type Way } from "@s4t/contract";
import { type Part, S4tError } from "@s4t/kit";
import type { Door, Endpoint, GatewayHost } from "../../edge/gateway.ts";
import { newId } from "../../edge/id.ts";
import type { KnownBoard } from "../../edge/link.ts";
import { type Actor, everything, type Scope } from "../../policy/index.ts";
import { noteForward, type ServicesDependencies } from "./change.ts";
import { entryKeyOf, targetValueOf } from "./service.ts";
import {
  insertForward,
  listForwards,
  listForwardsOn,
  removeForward,
  renewForward,
} from "./store.ts";

/** How long a forward stays without its client: a few lost renewals. */
export const FORWARD_LEASE_MS = 60_000;
/** How often forwards are looked at whose client is gone. */
export const FORWARD_EXPIRY_MS = 10_000;
/** Most forwards to one board at once: each is an entry of its target. */
export const MAX_FORWARDS_PER_BOARD = 100;

export interface Streams extends Part, Pick<GatewayHost, "renewForward" | "endForward"> {
  forward(
    actor: Actor,
    scope: Scope,
    board: string,
    endpoint: Endpoint,
    signal: AbortSignal,
  ): Promise<Way>;
  shell(actor: Actor, scope: Scope, board: string, signal: AbortSignal): Promise<Way>;
  files(actor: Actor, scope: Scope, board: string, signal: AbortSignal): Promise<Way>;
}

export interface StreamsDependencies extends ServicesDependencies {
  /** Whether a project's key is with its owner. */
  readonly isSealed: (board: KnownBoard) => Promise<boolean>;
}

/** Key of a forward's entry in the section `services`. */
export const forwardKeyOf = (uuid: string): string => `forward.${uuid}`;

/** Makes the verbs. */
export const createStreams = (deps: StreamsDependencies): Streams => {
  const { database, clock, log, link, gateway } = deps;
  let timer: { cancel(): void } | undefined;

  const open = async (
    actor: Actor,
    board: KnownBoard,
    door: Exclude<Door, "port">,
    forward: (Endpoint & { readonly uuid: string }) | null,
    signal: AbortSignal,
  ): Promise<Way> => {
    const needsGrant = door !== "forward" && (await deps.isSealed(board));
    const asked = needsGrant
      ? await link().command(board.uuid, tunnel.challenge, { kind: door }, { signal })
      : null;
    const challenge = asked && { challenge: asked.challenge, board: asked.board };
    const { uuid, project, name } = board;
    const way = { board: uuid, boardName: name, project, door, actor, forward };
    return { ...gateway().issueWay(way), expiresInS: TUNNEL_TICKET_LIFE_S, challenge };
  };

  const find = async (scope: Scope, idOrName: string): Promise<KnownBoard> => {
    const board = await deps.wishes.findServing(scope, idOrName);
    if (board.agentKind === "original")
      throw fail("board.original", { what: "it opens no forward, shell or files" });
    if (!link().isConnected(board.uuid)) throw fail("board.offline");
    return board;
  };

  /** Takes a forward's wish back. `actor` null: by itself, its client has not been heard for long. */
  const end = async (
    uuid: string,
    actor: Actor | null,
    reason: string,
    status: "done" | "denied" = "done",
  ): Promise<void> => {
    const [row] = await database.read(everything, (reader) =>
      listForwards(everything, reader, { uuid }),
    );
    if (!row) return;
    const board = await deps.wishes.find(everything, row.board_id);
    await database.write(everything, async (tx) => {
      if (!(await removeForward(everything, tx, uuid))) return; // somebody else was first
      await deps.wishes.retarget(tx, board);
      await noteForward(deps, tx, actor, "forward.close", board, row, { status, reason });
    });
  };

  const watchExpiry = (): void => {
    timer = clock.after(FORWARD_EXPIRY_MS, () => {
      (async () => {
        const overdue = await database.read(everything, (reader) =>
          listForwards(everything, reader, { expiredAt: clock.now() }),
        );
        for (const { uuid } of overdue) await end(uuid, null, "expired");
      })()
        .catch((error: unknown) => log.warn("Forwards whose client is gone stay", { error }))
        .finally(watchExpiry);
    });
  };

  return {
    name: "streams",
    async forward(actor, scope, idOrName, { host, port }, signal) {
      const board = await find(scope, idOrName);
      const uuid = newId();
      await database.write(scope, async (tx) => {
        const known = await listForwardsOn(scope, tx, board.uuid);
        if (known.length >= MAX_FORWARDS_PER_BOARD)
          throw fail("stream.busy", { because: `${known.length} forwards lead to this board` });
        const row = {
          uuid,
          project_id: board.project,
          board_id: board.uuid,
          host,
          port,
          expires_at: clock.now() + FORWARD_LEASE_MS,
        };
        await insertForward(scope, tx, row);
        await deps.wishes.retarget(tx, board);
        await noteForward(deps, tx, actor, "forward.open", board, row);
      });
      const standing = await deps.wishes.untilSettled(
        board,
        entryKeyOf(forwardKeyOf(uuid)),
        targetValueOf({ host, port }),
        signal,
      );
      if (standing.state !== "reached") {
        const because = standing.problem?.sentence ?? "the board did not take it in";
        await end(uuid, actor, because, "denied");
        const endpoint = `${host}:${port}`;
        // The board's sentence is whole: it names the endpoint and why.
        throw standing.problem
          ? new S4tError("service.not-allowed", standing.problem.sentence, {
              details: { endpoint },
            })
          : fail("service.not-allowed", { endpoint, because: "it did not take the wish in" });
      }
      return open(actor, board, "forward", { uuid, host, port }, signal);
    },
    shell: async (actor, scope, idOrName, signal) =>
      open(actor, await find(scope, idOrName), "shell", null, signal),
    files: async (actor, scope, idOrName, signal) =>
      open(actor, await find(scope, idOrName), "files", null, signal),
    renewForward: (uuid) =>
      database.write(everything, (tx) =>
        renewForward(everything, tx, uuid, clock.now() + FORWARD_LEASE_MS),
      ),
    endForward: (uuid, actor) => end(uuid, actor, "ended"),
    start: watchExpiry,
    stop: () => timer?.cancel(),
  };
};
