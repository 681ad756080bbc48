// What boards ask of the cloud over their link, and what they do by HTTP beside it: their target, reports, tickets for backlogs and
// bytes. Which of it a board may ask at all is the link's to say.
import { type AnswerOf, type ArgsOf, check, cloudProcedures, cloudUri, fail } from "@s4t/contract";
import { type Clock, isS4tError } from "@s4t/kit";
import type { IncomingCall } from "@s4t/wamp";
import type { Errands } from "../edge/errands.ts";
import type { KnownBoard, LinkHost } from "../edge/link.ts";
import { createTickets } from "../edge/tickets.ts";

/** How long a ticket for a backlog over HTTP is good. */
export const BACKLOG_TICKET_LIFE_S = 60;
/** Where a backlog is posted to. */
export const BACKLOG_PATH = "/link/backlog";
/** How long a ticket for bytes is good: a download over a poor line, taken up again a few times. */
export const BLOB_TICKET_LIFE_S = 600;
/** Most tickets for bytes of one session; beyond them the oldest is void. */
export const MAX_BLOB_TICKETS_PER_SESSION = 16;
/** Where bytes are fetched from. */
export const BLOB_PATH = "/blobs/";

/** Sections of the target through which an agent is brought up to date: all that one too old for anything else is given. */
const upgradeSections: ReadonlySet<string> = new Set(["agent", "trust"]);

/** A board with its session. `isOld`: it speaks a contract that is too old for anything but its upgrade. */
export interface Asking {
  readonly board: KnownBoard & { readonly epoch: number };
  readonly session: number;
  readonly isOld: boolean;
}

export interface AskedDependencies {
  readonly host: LinkHost;
  readonly clock: Clock;
  readonly errands: Pick<Errands, "isAwaited" | "targetFetched">;
  /** Whether a session is still there. */
  readonly isThere: (session: number) => boolean;
  /** Hears of what a board asked for that is not its own. */
  readonly onRefused: (board: KnownBoard, what: string) => void;
}

export interface Asked {
  answer(asking: Asking, call: IncomingCall): Promise<{ args: unknown[] }>;
  /** A backlog that a board sends by HTTP: its ticket and its batch, read once the ticket is good. Throws `link.revoked`. */
  appendBacklog(
    ticket: string,
    body: () => unknown,
  ): Promise<AnswerOf<typeof cloudProcedures.reportAppend>>;
  /** The bytes that a ticket is for. Throws `link.revoked`. */
  blobOf(ticket: string): string;
  /** The session is over. */
  forget(session: number): void;
}

/** Makes it. */
export const createAsked = ({
  host,
  clock,
  errands,
  isThere,
  onRefused,
}: AskedDependencies): Asked => {
  const backlogs = createTickets<number, Asking["board"]>(clock, {
    ...{ lifeMs: BACKLOG_TICKET_LIFE_S * 1_000, perHolder: 1, once: true },
  });
  const blobs = createTickets<number, string>(clock, {
    ...{ lifeMs: BLOB_TICKET_LIFE_S * 1_000, perHolder: MAX_BLOB_TICKETS_PER_SESSION, once: false },
  });
  const { targetGet, reportAppend, reportBacklog, blobTicket } = cloudProcedures;

  const target = async (
    { board, isOld }: Asking,
    { have, jobsAfter }: ArgsOf<typeof targetGet>,
  ): Promise<AnswerOf<typeof targetGet>> => {
    // One after the other: a zombie is refused its target, and takes no jobs over.
    const { target: whole, tag } = await host.targetFor(board, board.epoch);
    const { jobs, more } = isOld
      ? { jobs: [], more: false }
      : await host.jobsFor(board, board.epoch, jobsAfter);
    const sections = Object.fromEntries(
      Object.entries(whole.sections)
        .filter(([name]) => !isOld || upgradeSections.has(name))
        .map(([name, section]) => [name, section && have[name] === section.hash ? null : section]),
    );
    if (errands.isAwaited(board.uuid)) errands.targetFetched(board.uuid, whole.revision);
    return { target: { revision: whole.revision, sections }, tag, jobs, moreJobs: more };
  };

  const ticketOfBlob = async (
    { board, session }: Asking,
    sha256: string,
  ): Promise<AnswerOf<typeof blobTicket>> => {
    try {
      await host.requireBlob(board, board.epoch, sha256);
    } catch (error) {
      if (isS4tError(error, "blob.not-found")) onRefused(board, `blob.ticket ${sha256}`);
      throw error;
    }
    // The session may have ended meanwhile: nobody would take its ticket back.
    if (!isThere(session)) throw fail("link.superseded");
    const token = blobs.issue(session, sha256);
    return { path: BLOB_PATH + sha256, token, expiresInS: BLOB_TICKET_LIFE_S };
  };

  const ticketOfBacklog = ({ board, session }: Asking): AnswerOf<typeof reportBacklog> => {
    const token = backlogs.issue(session, board);
    return { path: BACKLOG_PATH, token, expiresInS: BACKLOG_TICKET_LIFE_S };
  };

  const append = (board: Asking["board"], batch: ArgsOf<typeof reportAppend>) =>
    host.appendReport(board, board.epoch, batch, (what) => onRefused(board, what));

  return {
    async answer(asking, { procedure, args: [given = {}] }) {
      switch (procedure) {
        case cloudUri(targetGet):
          return { args: [await target(asking, check(targetGet.args, given, "args"))] };
        case cloudUri(reportAppend):
          return { args: [await append(asking.board, check(reportAppend.args, given, "args"))] };
        case cloudUri(reportBacklog):
          return { args: [ticketOfBacklog(asking)] };
        case cloudUri(blobTicket): {
          const { sha256 } = check(blobTicket.args, given, "args");
          return { args: [await ticketOfBlob(asking, sha256)] };
        }
        default:
          throw fail("link.not-allowed");
      }
    },
    async appendBacklog(ticket, body) {
      const board = backlogs.redeem(ticket);
      if (!board) throw fail("link.revoked");
      return append(board, check(reportAppend.args, body(), "body"));
    },
    blobOf(ticket) {
      const sha256 = blobs.redeem(ticket);
      if (sha256 === undefined) throw fail("link.revoked");
      return sha256;
    },
    forget(session) {
      backlogs.forget(session);
      blobs.forget(session);
    },
  };
};
