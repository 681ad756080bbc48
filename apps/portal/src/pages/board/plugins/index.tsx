// Plugins on a board: what is wanted, what is reached, how each is; the chosen one below, to call or to start, with its lines.
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useNow } from "../../../live/clock.ts";
import type { Board, Injection } from "../../../live/contract.ts";
import { useInjections } from "../../../live/plugins.ts";
import { useMay } from "../../../live/session.ts";
import { toMs } from "../../../text/format.ts";
import { sentenceOf } from "../../../text/problem.ts";
import { useText } from "../../../text/text.ts";
import { Age } from "../../../ui/age.tsx";
import { Button } from "../../../ui/button.tsx";
import { Card } from "../../../ui/card.tsx";
import { EmptyState, Failure, Loading } from "../../../ui/notice.tsx";
import { useOfferCommands } from "../../../ui/page-commands.ts";
import { State } from "../../../ui/state.tsx";
import { type Column, Table } from "../../../ui/table.tsx";
import css from "../section.module.css";
import { InjectDialog } from "./inject.tsx";
import { PluginPanel } from "./panel.tsx";

/** How a plugin is in one word: the entry's until the board has said more. */
const InjectionState = ({
  injection: { state, entry },
  live,
}: {
  readonly injection: Injection;
  readonly live: boolean;
}) => {
  if (state === null || entry.state === "failed") return <State state={entry.state} />;
  return <State state={`plugin-${state}`} stale={!live} />;
};

const useColumns = (
  board: Board,
  chosen: string | undefined,
  onChoose: (name: string) => void,
): readonly Column<Injection>[] => {
  const t = useText();
  const now = useNow();
  const live = board.connectivity.connected;
  return [
    {
      key: "name",
      title: t("plugin.one"),
      cell: ({ plugin, entry, exit, unsigned }) => (
        <>
          <button
            type="button"
            className={css.choose}
            aria-expanded={plugin.name === chosen}
            onClick={() => onChoose(plugin.name)}
          >
            {plugin.name}
          </button>
          {unsigned && <p className={css.problem}>{t("plugin.unsigned-here")}</p>}
          {entry.problem && (
            <p className={css.problem}>
              {sentenceOf(entry.problem.code, entry.problem.sentence)}{" "}
              <code>{entry.problem.code}</code>
            </p>
          )}
          {!entry.problem && exit && !["finished", "stopped", "agent"].includes(exit.reason) && (
            <p className={css.problem}>
              {t(`plugin.exit.${exit.reason}`)}
              {exit.sentence ? `: ${exit.sentence}` : ""}
            </p>
          )}
        </>
      ),
    },
    {
      key: "state",
      title: t("boards.state"),
      cell: (injection) => <InjectionState injection={injection} live={live} />,
    },
    {
      key: "target",
      title: t("boards.target"),
      minor: true,
      cell: ({ entry }) => <State state={entry.state} stale={!live && entry.state !== "waiting"} />,
    },
    {
      key: "kind",
      title: t("plugin.mode"),
      minor: true,
      cell: ({ plugin }) =>
        `${t(`plugin.runtime.${plugin.runtime}`)}, ${t(`plugin.mode.${plugin.mode}`).toLowerCase()}`,
    },
    {
      key: "version",
      title: t("plugin.version"),
      align: "end",
      cell: ({ number }) => t("plugin.number", { n: number }),
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

export const PluginsSection = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const navigate = useNavigate();
  const { project } = useParams({ from: "/$project/boards/$board" });
  const { plugin: chosen } = useSearch({ from: "/$project/boards/$board" });
  const mayInject = useMay("injection.inject");
  const list = useInjections(project, board.uuid);
  const [injecting, setInjecting] = useState(false);
  const rows = list.data ?? [];
  const choose = (name: string) =>
    void navigate({
      to: ".",
      search: (previous) => ({ ...previous, plugin: name === chosen ? undefined : name }),
      replace: true,
    });
  const columns = useColumns(board, chosen, choose);
  const open = rows.find(({ plugin }) => plugin.name === chosen);
  const unable = board.info && !board.info.plugins ? t("plugin.board-runs-none") : null;
  const off = mayInject ? unable : t("plugin.may-not-inject");
  useOfferCommands(
    off === null
      ? [
          {
            id: "inject",
            label: `${t("plugin.inject")}: ${board.name}…`,
            icon: "code",
            run: () => setInjecting(true),
          },
        ]
      : [],
  );
  const inject = (
    <Button kind="primary" icon="plus" changes offBecause={off} onClick={() => setInjecting(true)}>
      {t("plugin.inject")}
    </Button>
  );
  return (
    <div className={css.stack}>
      <Card title={t("nav.plugins")} aside={rows.length > 0 && inject} flush>
        {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isPending && <Loading rows={3} />}
        {list.isSuccess && rows.length === 0 && (
          <EmptyState
            title={t("plugin.none-here")}
            icon="code"
            action={inject}
            command={`./s4t plugin inject ${board.name} PLUGIN`}
          >
            {unable ?? t("plugin.none-here-more")}
          </EmptyState>
        )}
        {rows.length > 0 && (
          <Table
            label={t("nav.plugins")}
            columns={columns}
            rows={rows}
            keyOf={({ plugin }) => plugin.uuid}
          />
        )}
      </Card>
      {open && (
        <PluginPanel
          key={`${open.plugin.uuid} ${open.version}`}
          project={project}
          board={board}
          injection={open}
        />
      )}
      {injecting && (
        <InjectDialog
          board={board}
          onClose={() => setInjecting(false)}
          onDone={(name) => {
            setInjecting(false);
            if (name !== chosen) choose(name);
          }}
        />
      )}
    </div>
  );
};
