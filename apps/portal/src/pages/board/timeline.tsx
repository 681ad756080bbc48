// What happened around a board, newest first.
import { Link, useParams } from "@tanstack/react-router";
import { useNow } from "../../live/clock.ts";
import type { Board } from "../../live/contract.ts";
import { formatClock, formatMoment } from "../../text/format.ts";
import { type TextKey, type Translate, textOr, useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Glyph, type Shape, type Tone } from "../../ui/glyph.tsx";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { shapeOf, toneOf } from "../../ui/state.tsx";
import { useTimeline } from "./queries.ts";
import css from "./timeline.module.css";

type Entry = NonNullable<ReturnType<typeof useTimeline>["data"]>["pages"][number]["items"][number];

const lookOf = ({ code, kind, facts }: Entry): readonly [Shape, Tone] => {
  if (code === "joined") return ["disc", "ok"];
  if (code === "left") return ["square", "bad"];
  if (facts.status === "retired") return ["bar", "calm"];
  if (typeof facts.status === "string" && code === "status")
    return [shapeOf(facts.status), toneOf(facts.status)];
  if (kind === "target") return facts.failedEntries === 0 ? ["tick", "ok"] : ["triangle", "warn"];
  return kind === "operation" ? ["tick", "calm"] : ["change", "calm"];
};

/** What an entry says. Changes name the members that changed; presence and operations have codes. */
const sentenceOf = ({ code, kind, facts }: Entry, t: Translate): string => {
  if (kind === "target" && typeof facts.failedEntries === "number")
    return facts.failedEntries === 0
      ? t("event.entries-held")
      : t("event.entries-failed", { count: facts.failedEntries });
  if (kind !== "change") return textOr(`event.${code}`, code);
  const fields = Object.keys(facts);
  if (fields.length === 0) return t("event.rearmed");
  if (fields.includes("targetWanted")) return t("event.settings");
  if (facts.status === "retired") return t("event.retired");
  if (facts.status === "new" && "name" in facts) return t("event.created");
  if (fields.length === 1 && typeof facts.status === "string")
    return t("event.became", { state: t(`state.${facts.status}` as TextKey) });
  if (fields.length === 1 && fields[0] === "info") return t("event.described");
  return t("event.changed", {
    what: fields.map((field) => textOr(`event.field.${field}`, field)).join(", "),
  });
};

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
        {entries.map((entry, index) => {
          const { at, code, actor } = entry;
          const ms = Date.parse(at);
          const [shape, tone] = lookOf(entry);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: two entries may be of one millisecond
            <li key={`${at} ${code} ${index}`}>
              <time dateTime={at} title={formatMoment(ms)}>
                {formatClock(ms, now)}
              </time>
              <Glyph shape={shape} tone={tone} />
              <p>
                {actor && <strong>{actor} </strong>}
                {sentenceOf(entry, t)}
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
