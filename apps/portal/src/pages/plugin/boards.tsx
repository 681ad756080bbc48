// Boards that a plugin is on, and how it is there.
import { Link } from "@tanstack/react-router";
import type { Injection, Plugin } from "../../live/contract.ts";
import { toMs } from "../../text/format.ts";
import { sentenceOf } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Age } from "../../ui/age.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { State } from "../../ui/state.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import css from "./plugin.module.css";
import { usePluginBoards } from "./queries.ts";

const useColumns = (project: string, plugin: Plugin, now: number): readonly Column<Injection>[] => {
  const t = useText();
  return [
    {
      key: "board",
      title: t("connectivity.board"),
      cell: ({ board, entry }) => (
        <>
          <Link
            to="/$project/boards/$board"
            params={{ project, board: board.uuid }}
            search={{ section: "plugins", plugin: plugin.name }}
          >
            <strong>{board.name}</strong>
          </Link>
          {entry.problem && (
            <p className={css.problem}>
              {sentenceOf(entry.problem.code, entry.problem.sentence)}{" "}
              <code>{entry.problem.code}</code>
            </p>
          )}
        </>
      ),
    },
    {
      key: "state",
      title: t("boards.state"),
      cell: ({ state, entry }) => (
        <State state={state && entry.state !== "failed" ? `plugin-${state}` : entry.state} />
      ),
    },
    {
      key: "version",
      title: t("plugin.version"),
      align: "end",
      cell: ({ number }) => (
        <span data-behind={number < plugin.latest.number || undefined} className={css.number}>
          {t("plugin.number", { n: number })}
        </span>
      ),
    },
    {
      key: "since",
      title: t("target.since"),
      align: "end",
      minor: true,
      cell: ({ since }) => (since ? <Age at={toMs(since)} now={now} /> : "–"),
    },
  ];
};

export const BoardsCard = ({
  project,
  plugin,
  now,
}: {
  readonly project: string;
  readonly plugin: Plugin;
  readonly now: number;
}) => {
  const t = useText();
  const list = usePluginBoards(plugin.uuid);
  const columns = useColumns(project, plugin, now);
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Card title={t("plugin.boards")} flush>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading rows={3} />}
      {list.isSuccess && rows.length === 0 && (
        <EmptyState
          title={t("plugin.on-no-board")}
          icon="board"
          command={`./s4t plugin inject ${plugin.name} BOARD`}
        >
          {t("plugin.on-no-board-more")}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <Table
          label={t("plugin.boards")}
          columns={columns}
          rows={rows}
          keyOf={({ board }) => board.uuid}
        />
      )}
      {list.hasNextPage && (
        <Button onClick={() => void list.fetchNextPage()}>{t("do.more-rows")}</Button>
      )}
    </Card>
  );
};
