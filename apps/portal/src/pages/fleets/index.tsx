// Fleets of the project: boards that belong together.
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { FleetDialog } from "../../fleet/fleet-dialog.tsx";
import type { Fleet } from "../../live/contract.ts";
import { useFleets, useFleetsLive } from "../../live/fleets.ts";
import { useMay } from "../../live/session.ts";
import { formatNumber } from "../../text/format.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import form from "../../ui/form.module.css";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { useOfferCommands } from "../../ui/page-commands.ts";
import { type Column, Table } from "../../ui/table.tsx";

const useColumns = (project: string): readonly Column<Fleet>[] => {
  const t = useText();
  return [
    {
      key: "name",
      title: t("boards.name"),
      cell: ({ uuid, name }) => (
        <Link to="/$project/fleets/$fleet" params={{ project, fleet: uuid }}>
          <strong>{name}</strong>
        </Link>
      ),
    },
    {
      key: "description",
      title: t("edit.description"),
      minor: true,
      cell: ({ description }) => description,
    },
    {
      key: "boards",
      title: t("nav.boards"),
      align: "end",
      cell: ({ boards }) => formatNumber(boards),
    },
  ];
};

export const FleetsPage = () => {
  const t = useText();
  const { project } = useParams({ from: "/$project/fleets" });
  const mayCreate = useMay("fleet.create");
  const list = useFleets(project);
  useFleetsLive(project);
  const columns = useColumns(project);
  const [open, setOpen] = useState(false);
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  useOfferCommands(
    mayCreate
      ? [{ id: "new-fleet", label: t("fleet.new"), icon: "plus", run: () => setOpen(true) }]
      : [],
  );
  const create = mayCreate && (
    <Button changes kind="primary" icon="plus" onClick={() => setOpen(true)}>
      {t("fleet.new")}
    </Button>
  );
  return (
    <Page title={t("nav.fleets")} actions={create}>
      <div className={form.rows}>
        <Card label={t("nav.fleets")} flush>
          {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
          {list.isPending && <Loading rows={4} />}
          {list.isSuccess && rows.length === 0 && (
            <EmptyState
              title={t("fleet.none")}
              icon="layers"
              action={create}
              command="./s4t fleet create buses"
            >
              {t("fleet.none-more")}
            </EmptyState>
          )}
          {rows.length > 0 && (
            <Table
              label={t("nav.fleets")}
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
      {open && <FleetDialog fleet={null} onClose={() => setOpen(false)} />}
    </Page>
  );
};
