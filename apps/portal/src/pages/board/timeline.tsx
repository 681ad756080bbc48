// What happened around a board, newest first.
import { Link, useParams } from "@tanstack/react-router";
import { useNow } from "../../live/clock.ts";
import type { Board } from "../../live/contract.ts";
import { formatClock, formatMoment } from "../../text/format.ts";
import { textOr, useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Glyph, type Shape, type Tone } from "../../ui/glyph.tsx";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { useTimeline } from "./queries.ts";
import css from "./timeline.module.css";

const lookOf = (code: string, kind: string): readonly [Shape, Tone] => {
  if (/offline|lost|gone/.test(code)) return ["square", "bad"];
  if (/online|connected|back|joined/.test(code)) return ["disc", "ok"];
  if (/fail/.test(code)) return ["triangle", "warn"];
  if (/retire/.test(code)) return ["bar", "calm"];
  if (kind === "operation") return ["tick", "calm"];
  return ["change", "calm"];
};

const factsOf = (facts: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) =>
      ["string", "number", "boolean"].includes(typeof value) ? [[name, String(value)]] : [],
    ),
  );

/** What entries of a target or of an operation were about. */
const aboutOf = (facts: Readonly<Record<string, unknown>>): string =>
  ["key", "status", "code", "because"].flatMap((name) => factsOf(facts)[name] ?? []).join(", ");

export const TimelineCard = ({
  board,
  limit,
}: {
  readonly board: Board;
  readonly limit?: number;
}) => {
  const t = useText();
  const now = useNow();
  const { project } = useParams({ from: "/$project/boards/$board" });
  const timeline = useTimeline(board.uuid);
  const all = timeline.data?.pages.flatMap(({ items }) => items) ?? [];
  const entries = limit === undefined ? all : all.slice(0, limit);
  return (
    <Card
      title={t("timeline.title")}
      aside={
        limit !== undefined && (
          <Link
            to="/$project/boards/$board"
            params={{ project, board: board.uuid }}
            search={{ section: "timeline" }}
          >
            {t("timeline.all")}
          </Link>
        )
      }
    >
      {timeline.isError && (
        <Failure error={timeline.error} onRetry={() => void timeline.refetch()} />
      )}
      {timeline.isPending && <Loading rows={4} />}
      {timeline.isSuccess && entries.length === 0 && <EmptyState title={t("timeline.empty")} />}
      <ol className={css.list}>
        {entries.map(({ at, kind, code, actor, facts }, index) => {
          const ms = Date.parse(at);
          const [shape, tone] = lookOf(code, kind);
          const about = aboutOf(facts);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: two entries may be of one millisecond
            <li key={`${at} ${code} ${index}`}>
              <time dateTime={at} title={formatMoment(ms)}>
                {formatClock(ms, now)}
              </time>
              <Glyph shape={shape} tone={tone} />
              <p>
                {actor && <strong>{actor} </strong>}
                {textOr(`event.${code}`, code, factsOf(facts))}
                {about && <span className={css.about}> {about}</span>}
              </p>
            </li>
          );
        })}
      </ol>
      {limit === undefined && timeline.hasNextPage && (
        <Button busy={timeline.isFetchingNextPage} onClick={() => void timeline.fetchNextPage()}>
          {t("do.earlier")}
        </Button>
      )}
    </Card>
  );
};
