// Services of a board: what is open to whom, who is connected, and how one connects without opening anything.
import { useState } from "react";
import { useNow } from "../../../live/clock.ts";
import type { Board, Exposure } from "../../../live/contract.ts";
import { useExposures, useWithdraw } from "../../../live/services.ts";
import { useMay } from "../../../live/session.ts";
import { Expiry, ExposureState, PublicAddress, Sources } from "../../../service/exposure.tsx";
import { refusalOf } from "../../../text/problem.ts";
import { useText } from "../../../text/text.ts";
import { Button } from "../../../ui/button.tsx";
import { Card } from "../../../ui/card.tsx";
import { CopyLine } from "../../../ui/copy.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { Menu } from "../../../ui/menu.tsx";
import { EmptyState, Failure, Loading } from "../../../ui/notice.tsx";
import { useOfferCommands } from "../../../ui/page-commands.ts";
import { type Column, Table } from "../../../ui/table.tsx";
import css from "../section.module.css";
import { ConnectionsCard } from "./connections.tsx";
import { ExposeDialog } from "./expose.tsx";

const WithdrawDialog = ({
  board,
  exposure,
  onClose,
}: {
  readonly board: Board;
  readonly exposure: Exposure;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const withdraw = useWithdraw();
  return (
    <Dialog
      title={t("service.withdraw", { name: exposure.service.name, board: board.name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button
            changes
            kind="danger"
            busy={withdraw.isPending}
            onClick={() =>
              withdraw.mutate(
                { board: board.uuid, service: exposure.service.uuid },
                { onSuccess: onClose },
              )
            }
          >
            {t("do.withdraw")}
          </Button>
        </>
      }
    >
      <p>{t("service.withdraw-effect", { count: exposure.connections })}</p>
    </Dialog>
  );
};

type Open = "expose" | { readonly change: Exposure } | { readonly withdraw: Exposure };

const useColumns = (board: Board, onOpen: (open: Open) => void): readonly Column<Exposure>[] => {
  const t = useText();
  const now = useNow();
  const live = board.connectivity.connected;
  return [
    {
      key: "name",
      title: t("service.one"),
      cell: ({ service }) => (
        <>
          <strong>{service.name}</strong> <span className={css.aside}>{service.port}</span>
        </>
      ),
    },
    {
      key: "address",
      title: t("service.address"),
      cell: (exposure) => <PublicAddress exposure={exposure} />,
    },
    {
      key: "state",
      title: t("boards.state"),
      cell: (exposure) => <ExposureState exposure={exposure} live={live} />,
    },
    {
      key: "sources",
      title: t("service.sources"),
      minor: true,
      cell: (exposure) => <Sources exposure={exposure} />,
    },
    {
      key: "expires",
      title: t("tokens.expires"),
      minor: true,
      cell: (exposure) => <Expiry exposure={exposure} now={now} />,
    },
    {
      key: "do",
      title: t("do.more"),
      untitled: true,
      align: "end",
      cell: (exposure) => (
        <Menu
          label={t("service.more", { name: exposure.service.name })}
          kind="bare"
          trigger={<Icon name="more" />}
          entries={[
            {
              label: t("service.change-how"),
              icon: "sliders",
              offBecause: refusalOf(exposure, "expose"),
              onSelect: () => onOpen({ change: exposure }),
            },
            "line",
            {
              label: t("do.withdraw"),
              icon: "close",
              danger: true,
              offBecause: refusalOf(exposure, "withdraw"),
              onSelect: () => onOpen({ withdraw: exposure }),
            },
          ]}
        />
      ),
    },
  ];
};

const Commands = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const lines = [
    [t("service.by-forward"), `./s4t forward ${board.name} 8080:127.0.0.1:80`],
    [t("service.by-ssh"), `./s4t ssh ${board.name}`],
  ] as const;
  return (
    <Card title={t("service.privately")}>
      <div className={css.lines}>
        {lines.map(([label, command]) => (
          <div key={command}>
            <p className={css.label}>{label}</p>
            <CopyLine value={command} />
          </div>
        ))}
      </div>
    </Card>
  );
};

export const ServicesSection = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const list = useExposures(board.uuid);
  const mayExpose = useMay("exposure.expose");
  const [open, setOpen] = useState<Open | null>(null);
  const columns = useColumns(board, setOpen);
  const rows = list.data ?? [];
  const close = () => setOpen(null);
  useOfferCommands(
    mayExpose
      ? [
          {
            id: "expose",
            label: t("service.expose-of", { board: board.name }),
            icon: "door",
            run: () => setOpen("expose"),
          },
        ]
      : [],
  );
  const expose = (
    <Button
      kind="primary"
      icon="plus"
      changes
      offBecause={mayExpose ? null : t("service.may-not-expose")}
      onClick={() => setOpen("expose")}
    >
      {t("service.expose")}
    </Button>
  );
  return (
    <div className={css.stack}>
      <Card title={t("service.exposed")} aside={rows.length > 0 && expose} flush>
        {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isPending && <Loading rows={3} />}
        {list.isSuccess && rows.length === 0 && (
          <EmptyState
            title={t("service.none-here")}
            icon="door"
            action={expose}
            command={`./s4t service expose ${board.name} web`}
          >
            {t("service.none-here-more")}
          </EmptyState>
        )}
        {rows.length > 0 && (
          <Table
            label={t("service.exposed")}
            columns={columns}
            rows={rows}
            keyOf={({ service }) => service.uuid}
          />
        )}
      </Card>
      <ConnectionsCard board={board} />
      <Commands board={board} />
      {open === "expose" && <ExposeDialog board={board} onClose={close} />}
      {open && typeof open === "object" && "change" in open && (
        <ExposeDialog board={board} present={open.change} onClose={close} />
      )}
      {open && typeof open === "object" && "withdraw" in open && (
        <WithdrawDialog board={board} exposure={open.withdraw} onClose={close} />
      )}
    </div>
  );
};
