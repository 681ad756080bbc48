// The page of one fleet: how its boards are, and which they are.
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { FleetDialog } from "../../fleet/fleet-dialog.tsx";
import { useLiveBoard } from "../../live/boards.ts";
import { type Board, boardStates, type Fleet } from "../../live/contract.ts";
import {
  useFleet,
  useFleetBoards,
  useFleetCounts,
  useFleetsLive,
  useJoin,
  useLeave,
  useRemoveFleet,
} from "../../live/fleets.ts";
import { formatNumber } from "../../text/format.ts";
import { refusalOf } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import form from "../../ui/form.module.css";
import { Icon } from "../../ui/icon.tsx";
import { Menu } from "../../ui/menu.tsx";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { AddBoardsDialog } from "./add-boards.tsx";
import css from "./fleet.module.css";

const LiveState = ({ board }: { readonly board: Board }) => (
  <State state={useLiveBoard(board).status} />
);

const MemberMenu = ({ board, fleet }: { readonly board: Board; readonly fleet: Fleet }) => {
  const t = useText();
  const join = useJoin();
  const leave = useLeave();
  const isPrimary = board.fleets.some(
    ({ uuid, priority }) => uuid === fleet.uuid && priority === 0,
  );
  return (
    <Menu
      label={t("service.more", { name: board.name })}
      kind="bare"
      trigger={<Icon name="more" />}
      entries={[
        {
          label: t("fleet.make-primary"),
          icon: "layers",
          offBecause: isPrimary ? t("fleet.is-primary") : refusalOf(fleet, "join"),
          onSelect: () => join.mutate({ board: board.uuid, fleet: fleet.uuid, priority: 0 }),
        },
        "line",
        {
          label: t("fleet.take-out"),
          icon: "archive",
          offBecause: refusalOf(fleet, "leave"),
          onSelect: () => leave.mutate({ board: board.uuid, fleet: fleet.uuid }),
        },
      ]}
    />
  );
};

const useColumns = (project: string, fleet: Fleet): readonly Column<Board>[] => {
  const t = useText();
  return [
    {
      key: "name",
      title: t("boards.name"),
      cell: ({ uuid, name }) => (
        <Link to="/$project/boards/$board" params={{ project, board: uuid }}>
          <strong>{name}</strong>
        </Link>
      ),
    },
    { key: "state", title: t("boards.state"), cell: (board) => <LiveState board={board} /> },
    {
      key: "place",
      title: t("boards.place"),
      minor: true,
      cell: ({ location }) => location?.address ?? "",
    },
    {
      key: "priority",
      title: t("fleet.priority"),
      align: "end",
      cell: ({ fleets }) => {
        const priority = fleets.find(({ uuid }) => uuid === fleet.uuid)?.priority;
        return priority === 0 ? t("fleet.primary") : priority;
      },
    },
    {
      key: "do",
      title: t("do.more"),
      untitled: true,
      align: "end",
      cell: (board) => <MemberMenu board={board} fleet={fleet} />,
    },
  ];
};

const States = ({ fleet }: { readonly fleet: Fleet }) => {
  const t = useText();
  const counts = useFleetCounts(fleet.uuid).data?.byStatus ?? {};
  const shown = boardStates.filter((state) => (counts[state] ?? 0) > 0);
  if (shown.length === 0) return null;
  return (
    <Card title={t("fleet.how")}>
      <ul className={css.states}>
        {shown.map((state) => (
          <li key={state}>
            <State state={state} />
            <span className={css.count}>{formatNumber(counts[state] ?? 0)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
};

const FleetView = ({ fleet, project }: { readonly fleet: Fleet; readonly project: string }) => {
  const t = useText();
  const navigate = useNavigate();
  const list = useFleetBoards(fleet.uuid);
  const remove = useRemoveFleet();
  const columns = useColumns(project, fleet);
  const [open, setOpen] = useState<"edit" | "add" | null>(null);
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const add = (
    <Button
      changes
      kind="primary"
      icon="plus"
      offBecause={refusalOf(fleet, "join")}
      onClick={() => setOpen("add")}
    >
      {t("fleet.add")}
    </Button>
  );
  return (
    <Page
      title={fleet.name}
      count={formatNumber(fleet.boards)}
      below={fleet.description && <p>{fleet.description}</p>}
      actions={
        <>
          {add}
          <Menu
            label={t("do.more")}
            trigger={<Icon name="more" />}
            entries={[
              {
                label: t("do.edit"),
                icon: "edit",
                offBecause: refusalOf(fleet, "update"),
                onSelect: () => setOpen("edit"),
              },
              "line",
              {
                label: t("do.remove"),
                icon: "archive",
                danger: true,
                offBecause:
                  fleet.boards > 0
                    ? t("fleet.in-use", { count: fleet.boards })
                    : refusalOf(fleet, "remove"),
                onSelect: () =>
                  remove.mutate(fleet.uuid, {
                    onSuccess: () => void navigate({ to: "/$project/fleets", params: { project } }),
                  }),
              },
            ]}
          />
        </>
      }
    >
      <div className={form.rows}>
        <States fleet={fleet} />
        <Card title={t("nav.boards")} flush>
          {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
          {list.isPending && <Loading rows={4} />}
          {list.isSuccess && rows.length === 0 && (
            <EmptyState
              title={t("fleet.empty")}
              icon="board"
              action={add}
              command={`./s4t fleet add ${fleet.name} BOARD --primary`}
            />
          )}
          {rows.length > 0 && (
            <Table
              label={t("nav.boards")}
              columns={columns}
              rows={rows}
              keyOf={({ uuid }) => uuid}
            />
          )}
        </Card>
        {list.hasNextPage && (
          <Button onClick={() => void list.fetchNextPage()}>{t("do.more-rows")}</Button>
        )}
      </div>
      {open === "edit" && <FleetDialog fleet={fleet} onClose={() => setOpen(null)} />}
      {open === "add" && (
        <AddBoardsDialog fleet={fleet} project={project} onClose={() => setOpen(null)} />
      )}
    </Page>
  );
};

export const FleetPage = () => {
  const t = useText();
  const { project, fleet: uuid } = useParams({ from: "/$project/fleets/$fleet" });
  const read = useFleet(uuid);
  useFleetsLive(project);
  if (read.isError)
    return (
      <Page title={t("nav.fleets")}>
        <Failure error={read.error} onRetry={() => void read.refetch()} />
      </Page>
    );
  if (!read.data)
    return (
      <Page title="…">
        <Loading rows={8} />
      </Page>
    );
  return <FleetView key={uuid} fleet={read.data} project={project} />;
};
