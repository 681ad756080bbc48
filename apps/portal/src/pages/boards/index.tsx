// The list of boards. The address holds the filter; the rows follow live values in place and never jump by themselves.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type CSSProperties, useCallback, useEffect, useMemo, useState } from "react";
import { BulkDialog } from "../../bulk/bulk-dialog.tsx";
import { useLiveBoard } from "../../live/boards.ts";
import { useNow } from "../../live/clock.ts";
import { ALL_PROJECTS, type Board, type BulkSelection, boardStates } from "../../live/contract.ts";
import { useCounts } from "../../live/counts.ts";
import { useCutSince } from "../../live/events.ts";
import { useMay } from "../../live/session.ts";
import { formatNumber, toMs } from "../../text/format.ts";
import { useText } from "../../text/text.ts";
import { Age } from "../../ui/age.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Cell, type GridColumn, GridTable } from "../../ui/grid-table.tsx";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import css from "./boards.module.css";
import { FilterBar } from "./filter-bar.tsx";
import { type Sort, sorts, useBoards } from "./queries.ts";
import { clearTicks, Tick, toggleTick, useTicked } from "./ticks.tsx";

/** Head of the table with its lines: a short list is no taller than its rows. */
const HEAD_HEIGHT = 42;

const BoardCells = ({ row }: { readonly row: Board }) => {
  const t = useText();
  const now = useNow();
  const board = useLiveBoard(row);
  const cutSince = useCutSince();
  const { connectivity, target } = board;
  const since = toMs(board.why?.since ?? connectivity.since);
  const settled = target.reached === target.wanted && target.failed === 0;
  return (
    <>
      <Cell>
        <Tick board={row} />
      </Cell>
      <Cell>
        <State
          state={board.status}
          stale={cutSince !== null}
          forMs={
            cutSince !== null || board.status === "online" || since === null ? null : now - since
          }
        />
      </Cell>
      <Cell main>
        {board.name}
        {board.simulated && <span className={css.simulated}>{t("board.simulated")}</span>}
      </Cell>
      <Cell minor>{board.fleets[0]?.name ?? ""}</Cell>
      <Cell minor>{board.location?.address ?? ""}</Cell>
      <Cell minor>{board.info?.model ?? board.info?.arch ?? ""}</Cell>
      <Cell minor>
        {connectivity.connected && cutSince === null ? (
          t("age.now")
        ) : (
          <Age at={connectivity.connected ? cutSince : toMs(connectivity.lastSeenAt)} now={now} />
        )}
      </Cell>
      <Cell align="end" minor>
        {connectivity.connected && connectivity.latencyMs !== null
          ? t("unit.ms", {
              n: formatNumber(connectivity.latencyMs, connectivity.latencyMs < 10 ? 1 : 0),
            })
          : "–"}
      </Cell>
      <Cell align="end" minor>
        {settled ? target.wanted : `${target.reached}/${target.wanted}`}
      </Cell>
    </>
  );
};

const useColumns = (sort: Sort, onSort: (next: Sort) => void): readonly GridColumn[] => {
  const t = useText();
  return useMemo(() => {
    const sortable = (key: "name" | "seen") => ({
      direction:
        sort === key ? ("ascending" as const) : sort === `-${key}` ? ("descending" as const) : null,
      onSort: () => onSort(sort === key ? `-${key}` : key),
    });
    return [
      { key: "tick", title: t("bulk.ticks"), width: "34px", untitled: true },
      { key: "state", title: t("boards.state"), width: "minmax(130px, 0.9fr)" },
      {
        key: "name",
        title: t("boards.name"),
        width: "minmax(120px, 1.4fr)",
        sort: sortable("name"),
      },
      { key: "fleet", title: t("fleet.one"), width: "minmax(0, 0.8fr)", minor: true },
      { key: "place", title: t("boards.place"), width: "minmax(0, 1.3fr)", minor: true },
      { key: "model", title: t("boards.model"), width: "minmax(0, 1fr)", minor: true },
      {
        key: "seen",
        title: t("boards.seen"),
        width: "minmax(86px, 0.6fr)",
        minor: true,
        sort: sortable("seen"),
      },
      { key: "latency", title: t("boards.latency"), width: "80px", align: "end", minor: true },
      { key: "target", title: t("boards.target"), width: "70px", align: "end", minor: true },
    ];
  }, [t, sort, onSort]);
};

/** What the list shows, as one query: a bulk operation is about the same boards. */
const queryOf = ({ q, status }: { q?: string | undefined; status?: string | undefined }): string =>
  [...(q ? [status ? `(${q})` : q] : []), ...(status ? [`status:${status}`] : [])].join(" ");

const NoMatch = ({ total, onClear }: { readonly total: number; readonly onClear: () => void }) => {
  const t = useText();
  return (
    <EmptyState
      title={t("boards.no-match")}
      icon="search"
      action={<Button onClick={onClear}>{t("boards.clear")}</Button>}
    >
      {t("boards.without-filter", { count: total })}
    </EmptyState>
  );
};

export const BoardsPage = () => {
  const t = useText();
  const navigate = useNavigate();
  const { project } = useParams({ from: "/$project/boards" });
  const search = useSearch({ from: "/$project/boards" });
  const mayEnrol = useMay("board.create");
  const mayBulk = useMay("bulk.start") && project !== ALL_PROJECTS;
  const ticked = useTicked();
  const [many, setMany] = useState<{ selection: BulkSelection; title: string } | null>(null);
  useEffect(() => clearTicks, []);
  const counts = useCounts(project).data;
  const sort = sorts.find((known) => known === search.sort) ?? "name";
  const list = useBoards(project, { status: search.status, q: search.q, sort });
  const [rowHeight] = useState(() =>
    matchMedia("(pointer: coarse), (max-width: 759px)").matches ? 56 : 38,
  );
  const rows = useMemo(() => list.data?.pages.flatMap(({ items }) => items) ?? [], [list.data]);
  const change = useCallback(
    (next: Record<string, string | undefined>, replace = false) =>
      void navigate({ to: ".", search: (previous) => ({ ...previous, ...next }), replace }),
    [navigate],
  );
  const onSort = useCallback((next: Sort) => change({ sort: next }), [change]);
  const columns = useColumns(sort, onSort);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const onNearEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  const filtered = Boolean(search.status || search.q);
  const total = hasNextPage
    ? Math.max(rows.length + 1, filtered ? 0 : (counts?.total ?? 0))
    : rows.length;
  const enrol = mayEnrol && (
    <Link to="/$project/enrol" params={{ project }} className={css.enrol}>
      {t("do.enrol")}
    </Link>
  );
  const content = () => {
    if (list.isError)
      return (
        <Failure what={t("boards.failed")} error={list.error} onRetry={() => void list.refetch()} />
      );
    if (list.isPending) return <Loading rows={10} onRetry={() => void list.refetch()} />;
    if (rows.length === 0 && filtered)
      return (
        <NoMatch
          total={counts?.total ?? 0}
          onClear={() => change({ status: undefined, q: undefined })}
        />
      );
    if (rows.length === 0)
      return (
        <EmptyState
          title={t("boards.empty")}
          icon="board"
          action={enrol}
          command="s4t board create NAME"
        >
          {t("boards.empty-more")}
        </EmptyState>
      );
    return (
      <GridTable
        label={t("nav.boards")}
        columns={columns}
        rows={rows}
        total={total}
        keyOf={({ uuid }) => uuid}
        Cells={BoardCells}
        rowHeight={rowHeight}
        onTick={mayBulk ? toggleTick : undefined}
        onNearEnd={onNearEnd}
        onOpen={({ uuid }) =>
          void navigate({ to: "/$project/boards/$board", params: { project, board: uuid } })
        }
      />
    );
  };
  const openMany = () =>
    setMany(
      ticked.size > 0
        ? { selection: { boards: [...ticked] }, title: t("bulk.with", { count: ticked.size }) }
        : {
            selection: { q: queryOf(search) },
            title: t(filtered ? "bulk.with-matching" : "bulk.with-all"),
          },
    );
  const actions = (
    <>
      {ticked.size > 0 && (
        <Button kind="quiet" onClick={clearTicks}>
          {t("bulk.clear")}
        </Button>
      )}
      {mayBulk && rows.length > 0 && (
        <Button changes icon="play" onClick={openMany}>
          {ticked.size > 0
            ? t("bulk.with", { count: ticked.size })
            : t(filtered ? "bulk.with-matching" : "bulk.with-all")}
        </Button>
      )}
      {enrol}
    </>
  );
  return (
    <Page title={t("nav.boards")} count={counts && formatNumber(counts.total)} actions={actions}>
      <FilterBar
        project={project}
        q={search.q ?? ""}
        status={search.status ?? ""}
        states={boardStates}
        counts={counts?.byStatus ?? {}}
        onChange={change}
        onRefresh={() => void list.refetch()}
        refreshing={list.isRefetching}
      />
      <Card label={t("nav.boards")} flush>
        <div
          className={css.table}
          data-filled={rows.length > 0 || undefined}
          style={{ "--content": `${rows.length * rowHeight + HEAD_HEIGHT}px` } as CSSProperties}
        >
          {content()}
        </div>
      </Card>
      {many && <BulkDialog project={project} {...many} onClose={() => setMany(null)} />}
    </Page>
  );
};
