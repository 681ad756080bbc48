// Rows of the journal on their way to the cloud: gathered, sent in order, and kept until the cloud has them. A long backlog goes over
// HTTP, beside the link.
import {
  type AnswerOf,
  check,
  cloudProcedures,
  cloudUri,
  MAX_REPORT_ROWS,
  type ReportRow,
} from "@s4t/contract";
import { type Clock, createGathering, type Log } from "@s4t/kit";
import type { ClientSession } from "@s4t/wamp";
import type { Journal } from "../reports/journal.ts";
import { askJson } from "./ask-json.ts";

/** Rows that gather before they are sent together. */
export const REPORT_GATHER_MS = 250;
/** The same of what somebody waits for: how a target came out, what is told live. */
export const REPORT_SOON_MS = 20;
/** Batches that wait above which the backlog goes over HTTP, so that commands are not delayed. */
export const BACKLOG_BATCHES_LIMIT = 2;

export interface ReportingDependencies {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly isClockSynchronised: () => boolean;
  /** What the board measures. */
  readonly describeSeries: () => ReportRow;
  /** Undefined while there is no session. */
  readonly session: () => ClientSession | undefined;
  readonly where: () => { readonly url: string; readonly ca: string | null };
}

export interface Reporting {
  /** What waits is sent within so long, where there is a session; else with the next. */
  within(ms: number): void;
}

/** Makes it. */
export const createReporting = ({
  journal,
  clock,
  log,
  ...deps
}: ReportingDependencies): Reporting => {
  const { reportAppend, reportBacklog } = cloudProcedures;
  let isSending = false;

  type Stored = AnswerOf<typeof reportAppend>;
  const sendByCall = async (session: ClientSession, batch: unknown): Promise<Stored> => {
    const { args } = await session.call(cloudUri(reportAppend), {
      args: [batch],
      timeoutMs: reportAppend.timeoutMs,
    });
    return check(reportAppend.reply, args[0], "acked");
  };
  const sendByHttp = async (session: ClientSession, batch: unknown): Promise<Stored> => {
    const { args } = await session.call(cloudUri(reportBacklog), {
      args: [{}],
      timeoutMs: reportBacklog.timeoutMs,
    });
    const { path, token } = check(reportBacklog.reply, args[0], "ticket");
    const { url, ca } = deps.where();
    const answer = await askJson({ url: url + path, ca, post: { token, body: batch } });
    return check(reportAppend.reply, answer, "acked");
  };

  const send = async (): Promise<void> => {
    for (let session = deps.session(); session && journal.size > 0; session = deps.session()) {
      const next = journal.next(MAX_REPORT_ROWS);
      if (!next) return;
      const batch = {
        bootId: journal.bootId,
        seq: next.seq,
        sentAtMs: clock.now(),
        synchronised: deps.isClockSynchronised(),
        rows: [...next.rows],
      };
      const isBacklog = journal.size > BACKLOG_BATCHES_LIMIT * MAX_REPORT_ROWS;
      const { acked, describe } = await (isBacklog ? sendByHttp : sendByCall)(session, batch);
      if (acked < next.seq) return; // the cloud did not take any: a later try will tell why
      journal.acknowledge(acked);
      if (!describe) continue;
      journal.sayAgain("series");
      journal.append(deps.describeSeries());
    }
  };

  return createGathering(clock, () => {
    // Who sends takes along what comes meanwhile.
    if (isSending) return;
    isSending = true;
    send()
      .catch((error: unknown) => log.debug("Reports wait", { because: String(error) }))
      .finally(() => {
        isSending = false;
      });
  });
};
