// The page of one plugin: what it is, where it runs, its source and its versions.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { useNow } from "../../live/clock.ts";
import type { Plugin } from "../../live/contract.ts";
import { refusalOf, showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { Icon } from "../../ui/icon.tsx";
import link from "../../ui/link-button.module.css";
import { Menu } from "../../ui/menu.tsx";
import { Failure, Loading } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { useOfferCommands } from "../../ui/page-commands.ts";
import { BoardsCard } from "./boards.tsx";
import css from "./plugin.module.css";
import { useDescribe, usePlugin, useRemovePlugin, useVersion } from "./queries.ts";
import { SourceCard } from "./source.tsx";
import { ManifestCard, VersionsCard } from "./versions.tsx";

const DescribeDialog = ({
  plugin,
  onClose,
}: {
  readonly plugin: Plugin;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const id = useId();
  const describe = useDescribe(plugin.uuid);
  const [description, setDescription] = useState(plugin.description);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    describe.mutate({ description, rev: plugin.rev }, { onSuccess: onClose });
  };
  return (
    <Dialog
      title={t("edit.title", { name: plugin.name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button kind="primary" submit form={id} busy={describe.isPending}>
            {t("do.save")}
          </Button>
        </>
      }
    >
      <form id={id} className={form.form} onSubmit={submit}>
        <Field
          label={t("edit.description")}
          maxLength={1_000}
          value={description}
          error={describe.error ? showProblem(describe.error).sentence : null}
          onChange={(event) => setDescription(event.target.value)}
        />
      </form>
    </Dialog>
  );
};

const RemoveDialog = ({
  plugin,
  project,
  onClose,
}: {
  readonly plugin: Plugin;
  readonly project: string;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const navigate = useNavigate();
  const remove = useRemovePlugin(plugin.uuid);
  return (
    <Dialog
      title={t("plugin.remove", { name: plugin.name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button
            changes
            kind="danger"
            busy={remove.isPending}
            onClick={() =>
              remove.mutate(undefined, {
                onSuccess: () => void navigate({ to: "/$project/plugins", params: { project } }),
              })
            }
          >
            {t("do.remove")}
          </Button>
        </>
      }
    >
      <p>{t("plugin.remove-effect")}</p>
    </Dialog>
  );
};

const PluginView = ({ plugin, project }: { readonly plugin: Plugin; readonly project: string }) => {
  const t = useText();
  const now = useNow();
  const navigate = useNavigate();
  const { version: wanted = "latest" } = useSearch({ from: "/$project/plugins/$plugin" });
  const read = useVersion(plugin.uuid, wanted);
  const version = wanted === "latest" ? plugin.latest : read.data;
  const [open, setOpen] = useState<"describe" | "remove" | null>(null);
  const edit = () =>
    void navigate({
      to: "/$project/plugins/$plugin/edit",
      params: { project, plugin: plugin.uuid },
    });
  useOfferCommands([
    { id: "edit-plugin", label: t("plugin.edit", { name: plugin.name }), icon: "edit", run: edit },
  ]);
  return (
    <Page
      title={plugin.name}
      beside={
        <span className={css.kind}>
          {t(`plugin.runtime.${plugin.runtime}`)} · {t(`plugin.mode.${plugin.mode}`)}
        </span>
      }
      below={plugin.description && <p>{plugin.description}</p>}
      actions={
        <>
          <Link
            to="/$project/plugins/$plugin/edit"
            params={{ project, plugin: plugin.uuid }}
            className={link.primary}
          >
            <Icon name="edit" size={17} /> {t("plugin.edit-run")}
          </Link>
          <Menu
            label={t("do.more")}
            trigger={<Icon name="more" />}
            entries={[
              {
                label: t("plugin.describe"),
                icon: "edit",
                offBecause: refusalOf(plugin, "update"),
                onSelect: () => setOpen("describe"),
              },
              "line",
              {
                label: t("do.remove"),
                icon: "archive",
                danger: true,
                offBecause:
                  plugin.boards > 0
                    ? t("plugin.in-use", { count: plugin.boards })
                    : refusalOf(plugin, "remove"),
                onSelect: () => setOpen("remove"),
              },
            ]}
          />
        </>
      }
    >
      <div className={css.columns}>
        <div className={css.column}>
          <BoardsCard project={project} plugin={plugin} now={now} />
          {read.isError && wanted !== "latest" && <Failure error={read.error} />}
          {version && <SourceCard key={version.version} plugin={plugin.uuid} version={version} />}
        </div>
        <div className={css.column}>
          <VersionsCard
            project={project}
            plugin={plugin}
            shown={version ?? plugin.latest}
            now={now}
          />
          {version && (
            <ManifestCard
              key={version.version}
              plugin={plugin}
              version={version}
              onRemoved={() =>
                void navigate({
                  to: "/$project/plugins/$plugin",
                  params: { project, plugin: plugin.uuid },
                })
              }
            />
          )}
        </div>
      </div>
      {open === "describe" && <DescribeDialog plugin={plugin} onClose={() => setOpen(null)} />}
      {open === "remove" && (
        <RemoveDialog plugin={plugin} project={project} onClose={() => setOpen(null)} />
      )}
    </Page>
  );
};

export const PluginPage = () => {
  const t = useText();
  const { project, plugin: uuid } = useParams({ from: "/$project/plugins/$plugin" });
  const read = usePlugin(uuid);
  if (read.isError)
    return (
      <Page title={t("nav.plugins")}>
        <Failure error={read.error} onRetry={() => void read.refetch()} />
      </Page>
    );
  if (!read.data)
    return (
      <Page title="…">
        <Loading rows={10} />
      </Page>
    );
  return <PluginView plugin={read.data} project={project} />;
};
