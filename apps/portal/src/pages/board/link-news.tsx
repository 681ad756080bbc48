// What an operator would otherwise have to look for: the commands that wait for this board, and what its link was refused last.
import { Link, useParams } from "@tanstack/react-router";
import { useNow } from "../../live/clock.ts";
import type { Board } from "../../live/contract.ts";
import { useMay } from "../../live/session.ts";
import { formatClock, formatMoment } from "../../text/format.ts";
import { useText } from "../../text/text.ts";
import css from "./details.module.css";
import { REFUSED_ACTION, useLastRefusal, useWaitingJobs } from "./queries.ts";

/** Waiting commands that are named; of the others their number is. */
const NAMED_JOBS = 4;

const Moment = ({ at }: { readonly at: string }) => {
  const now = useNow();
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={formatMoment(ms)}>
      {formatClock(ms, now)}
    </time>
  );
};

const Waiting = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const jobs = useWaitingJobs(board.uuid).data;
  if (!jobs || jobs.items.length === 0) return null;
  // The next one first: so they stand in the board's lane.
  const inOrder = jobs.items.toReversed();
  const count = inOrder.length;
  return (
    <div className={css.news}>
      <p>
        {jobs.next === null
          ? t("board-link.waiting", { count })
          : t("board-link.waiting-more", { count })}
      </p>
      <ul>
        {(jobs.next === null ? inOrder.slice(0, NAMED_JOBS) : []).map((job) => (
          <li key={job.uuid}>
            <code>{job.name}</code>
            {job.expiresAt && (
              <span>
                {t("board-link.until")} <Moment at={job.expiresAt} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
};

const Refused = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const { project } = useParams({ from: "/$project/boards/$board" });
  const refusal = useLastRefusal(board.uuid).data;
  if (!refusal) return null;
  const { what, leftOut } = refusal.facts;
  return (
    <div className={css.news}>
      <p>
        {t("board-link.refused")} <Moment at={refusal.at} />
      </p>
      <p className={css.detail}>
        {typeof what === "string" ? (
          <code>{what}</code>
        ) : (
          t("board-link.left-out", { count: typeof leftOut === "number" ? leftOut : 0 })
        )}
      </p>
      <Link to="/$project/audit" params={{ project }} search={{ action: REFUSED_ACTION }}>
        {t("board-link.in-audit")}
      </Link>
    </div>
  );
};

export const LinkNews = ({ board }: { readonly board: Board }) => (
  <>
    <Waiting board={board} />
    {useMay("audit.list") && <Refused board={board} />}
  </>
);
