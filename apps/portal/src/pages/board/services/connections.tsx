// Who is connected to the board through the cloud, right now.
import { useParams } from "@tanstack/react-router";
import { useNow } from "../../../live/clock.ts";
import type { Board, Connection } from "../../../live/contract.ts";
import { useConnections, useCut } from "../../../live/services.ts";
import { useMay } from "../../../live/session.ts";
import { formatBytes, toMs } from "../../../text/format.ts";
import { useText } from "../../../text/text.ts";
import { Age } from "../../../ui/age.tsx";
import { Button } from "../../../ui/button.tsx";
import { Card } from "../../../ui/card.tsx";
import { EmptyState, Failure, Loading } from "../../../ui/notice.tsx";
import { type Column, Table } from "../../../ui/table.tsx";

export const ConnectionsCard = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const now = useNow();
  const mayCut = useMay("connection.cut");
  const { project } = useParams({ from: "/$project/boards/$board" });
  const list = useConnections(project, board.uuid);
  const cut = useCut(board.uuid);
  const rows = list.data ?? [];
  const columns: readonly Column<Connection>[] = [
    {
      key: "what",
      title: t("service.what"),
      cell: ({ door, what }) => (
        <>
          {t(`door.${door}`)} <code>{what}</code>
        </>
      ),
    },
    {
      key: "from",
      title: t("tokens.from"),
      cell: ({ actor, from }) => [actor, from].filter(Boolean).join(", ") || "–",
    },
    {
      key: "since",
      title: t("target.since"),
      minor: true,
      cell: ({ since }) => <Age at={toMs(since)} now={now} />,
    },
    {
      key: "in",
      title: t("service.bytes-in"),
      align: "end",
      minor: true,
      cell: ({ bytesIn }) => formatBytes(bytesIn),
    },
    {
      key: "out",
      title: t("service.bytes-out"),
      align: "end",
      minor: true,
      cell: ({ bytesOut }) => formatBytes(bytesOut),
    },
    {
      key: "cut",
      title: t("do.cut"),
      untitled: true,
      align: "end",
      cell: ({ uuid }) => (
        <Button
          kind="danger"
          changes
          busy={cut.isPending && cut.variables === uuid}
          offBecause={mayCut ? null : t("service.may-not-cut")}
          onClick={() => cut.mutate(uuid)}
        >
          {t("do.cut")}
        </Button>
      ),
    },
  ];
  return (
    <Card title={t("service.connected")} flush>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading rows={2} />}
      {list.isSuccess && rows.length === 0 && <EmptyState title={t("service.nobody")} />}
      {rows.length > 0 && (
        <Table
          label={t("service.connected")}
          columns={columns}
          rows={rows}
          keyOf={({ uuid }) => uuid}
        />
      )}
    </Card>
  );
};
