// Plugins of the project: code that runs on boards.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useNow } from "../../live/clock.ts";
import type { Plugin } from "../../live/contract.ts";
import { useMay } from "../../live/session.ts";
import { formatNumber, toMs } from "../../text/format.ts";
import { useText } from "../../text/text.ts";
import { Age } from "../../ui/age.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Field } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import link from "../../ui/link-button.module.css";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { useOfferCommands } from "../../ui/page-commands.ts";
import { type Column, Table } from "../../ui/table.tsx";
import { usePlugins } from "./queries.ts";

const useColumns = (project: string): readonly Column<Plugin>[] => {
  const t = useText();
  const now = useNow();
  return [
    {
      key: "name",
      title: t("boards.name"),
      cell: ({ uuid, name }) => (
        <Link to="/$project/plugins/$plugin" params={{ project, plugin: uuid }}>
          <strong>{name}</strong>
        </Link>
      ),
    },
    {
      key: "runtime",
      title: t("plugin.runtime"),
      cell: ({ runtime }) => t(`plugin.runtime.${runtime}`),
    },
    { key: "mode", title: t("plugin.mode"), cell: ({ mode }) => t(`plugin.mode.${mode}`) },
    {
      key: "latest",
      title: t("plugin.latest"),
      align: "end",
      cell: ({ latest }) => t("plugin.number", { n: latest.number }),
    },
    {
      key: "changed",
      title: t("plugin.changed"),
      align: "end",
      minor: true,
      cell: ({ latest }) => <Age at={toMs(latest.createdAt)} now={now} />,
    },
    {
      key: "boards",
      title: t("nav.boards"),
      align: "end",
      cell: ({ boards }) => formatNumber(boards),
    },
  ];
};

export const PluginsPage = () => {
  const t = useText();
  const navigate = useNavigate();
  const { project } = useParams({ from: "/$project/plugins" });
  const { text } = useSearch({ from: "/$project/plugins" });
  const mayCreate = useMay("plugin.create");
  const list = usePlugins(project, text);
  const columns = useColumns(project);
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  useOfferCommands(
    mayCreate
      ? [
          {
            id: "new-plugin",
            label: t("plugins.new"),
            icon: "plus",
            run: () => void navigate({ to: "/$project/plugins/new", params: { project } }),
          },
        ]
      : [],
  );
  const create = mayCreate && (
    <Link to="/$project/plugins/new" params={{ project }} className={link.primary}>
      {t("plugins.new")}
    </Link>
  );
  const content = () => {
    if (list.isError)
      return (
        <Failure
          what={t("plugins.failed")}
          error={list.error}
          onRetry={() => void list.refetch()}
        />
      );
    if (list.isPending) return <Loading onRetry={() => void list.refetch()} />;
    if (rows.length > 0)
      return <Table label={t("nav.plugins")} columns={columns} rows={rows} keyOf={(p) => p.uuid} />;
    if (text)
      return (
        <EmptyState
          title={t("plugins.no-match")}
          icon="search"
          action={
            <Button onClick={() => void navigate({ to: ".", search: {} })}>
              {t("boards.clear")}
            </Button>
          }
        />
      );
    return (
      <EmptyState
        title={t("plugins.empty")}
        icon="code"
        action={create}
        command="./s4t plugin create hello.mjs"
      >
        {t("plugins.empty-more")}
      </EmptyState>
    );
  };
  return (
    <Page title={t("nav.plugins")} actions={create}>
      <div className={form.rows}>
        {(rows.length > 0 || text) && (
          <div className={form.search}>
            <Field
              label={t("plugins.find")}
              type="search"
              value={text ?? ""}
              onChange={(event) =>
                void navigate({
                  to: ".",
                  search: { text: event.target.value || undefined },
                  replace: true,
                })
              }
            />
          </div>
        )}
        <Card label={t("nav.plugins")} flush>
          {content()}
        </Card>
        {list.hasNextPage && (
          <Button onClick={() => void list.fetchNextPage()}>{t("do.more-rows")}</Button>
        )}
      </div>
    </Page>
  );
};
