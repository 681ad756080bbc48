// Puts a plugin on a board, or changes how it is there: version, when it starts, parameters that the board keeps.
import { useParams } from "@tanstack/react-router";
import { type FormEvent, useId, useMemo, useState } from "react";
import { withoutDemands } from "../../../form/draft.ts";
import { SchemaForm, useSchemaDraft } from "../../../form/schema-form.tsx";
import type { Board, Injection, Plugin, PluginVersion } from "../../../live/contract.ts";
import { useInject } from "../../../live/plugins.ts";
import { showProblem } from "../../../text/problem.ts";
import { useText } from "../../../text/text.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Check, Select } from "../../../ui/field.tsx";
import form from "../../../ui/form.module.css";
import { EmptyState, Failure, Loading } from "../../../ui/notice.tsx";
import { usePluginChoices, useVersionChoices } from "./queries.ts";

const InjectForm = ({
  id,
  board,
  plugin,
  version,
  present,
  onBusy,
  onDone,
}: {
  readonly id: string;
  readonly board: Board;
  readonly plugin: Plugin;
  readonly version: PluginVersion;
  readonly present: Injection | undefined;
  readonly onBusy: (busy: boolean) => void;
  readonly onDone: (name: string) => void;
}) => {
  const t = useText();
  const inject = useInject(board.uuid);
  const isAsync = plugin.mode === "async";
  const [onBoot, setOnBoot] = useState(present?.onBoot ?? false);
  const [restart, setRestart] = useState<Injection["restart"]>(present?.restart ?? "no");
  const { parameters } = version.manifest;
  // What is not said here follows the version's own defaults, or the call.
  const schema = useMemo(() => parameters && withoutDemands(parameters), [parameters]);
  const draft = useSchemaDraft(schema, present?.parameters ?? {});
  const { runtime } = plugin;
  const lacks = board.info?.plugins && board.info.plugins[runtime] === null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!draft.isSound) return;
    onBusy(true);
    inject.mutate(
      {
        plugin: plugin.uuid,
        version: version.version,
        onBoot,
        restart,
        parameters: draft.read.value,
      },
      { onSuccess: () => onDone(plugin.name), onSettled: () => onBusy(false) },
    );
  };
  return (
    <form id={id} className={form.form} onSubmit={submit}>
      {lacks && (
        <p role="alert">{t("plugin.board-lacks", { runtime: t(`plugin.runtime.${runtime}`) })}</p>
      )}
      {isAsync && (
        <>
          <Check
            label={t("plugin.on-boot")}
            hint={t("plugin.on-boot-hint")}
            checked={onBoot}
            onChange={(event) => setOnBoot(event.target.checked)}
          />
          <Select
            label={t("plugin.restart")}
            value={restart}
            onChange={(event) => setRestart(event.target.value === "no" ? "no" : "on-failure")}
          >
            <option value="no">{t("plugin.restart.no")}</option>
            <option value="on-failure">{t("plugin.restart.on-failure")}</option>
          </Select>
        </>
      )}
      <h3>{t("plugin.parameters-kept")}</h3>
      <SchemaForm of={draft} />
      {inject.error && <p role="alert">{showProblem(inject.error).sentence}</p>}
    </form>
  );
};

const Choice = ({
  id,
  board,
  present,
  onBusy,
  onDone,
}: {
  readonly id: string;
  readonly board: Board;
  readonly present: Injection | undefined;
  readonly onBusy: (busy: boolean) => void;
  readonly onDone: (name: string) => void;
}) => {
  const t = useText();
  const { project } = useParams({ from: "/$project/boards/$board" });
  const plugins = usePluginChoices(project);
  const [chosen, setChosen] = useState(present?.plugin.uuid);
  const [wanted, setWanted] = useState(present?.version);
  const plugin = plugins.data?.find(({ uuid }) => uuid === chosen) ?? plugins.data?.[0];
  const versions = useVersionChoices(plugin?.uuid);
  const version = versions.data?.find((each) => each.version === wanted) ?? versions.data?.[0];
  if (plugins.isError) return <Failure error={plugins.error} />;
  if (plugins.isPending) return <Loading rows={4} />;
  if (!plugin)
    return (
      <EmptyState
        title={t("plugins.empty")}
        icon="code"
        action={<a href={`/app/${project}/plugins/new`}>{t("plugins.new")}</a>}
      />
    );
  return (
    <div className={form.form}>
      <div className={form.pair}>
        <Select
          label={t("plugin.one")}
          value={plugin.uuid}
          disabled={present !== undefined}
          onChange={(event) => {
            setChosen(event.target.value);
            setWanted(undefined);
          }}
        >
          {plugins.data.map(({ uuid, name }) => (
            <option key={uuid} value={uuid}>
              {name}
            </option>
          ))}
        </Select>
        <Select
          label={t("plugin.version")}
          value={version?.version ?? ""}
          onChange={(event) => setWanted(event.target.value)}
        >
          {(versions.data ?? []).map((each, i) => (
            <option key={each.version} value={each.version}>
              {i === 0
                ? t("plugin.number-latest", { n: each.number })
                : t("plugin.number", { n: each.number })}
            </option>
          ))}
        </Select>
      </div>
      {versions.isError && <Failure error={versions.error} />}
      {version && (
        <InjectForm
          key={`${plugin.uuid} ${version.version}`}
          id={id}
          board={board}
          plugin={plugin}
          version={version}
          present={present}
          onBusy={onBusy}
          onDone={onDone}
        />
      )}
    </div>
  );
};

export const InjectDialog = ({
  board,
  present,
  onClose,
  onDone,
}: {
  readonly board: Board;
  /** It is there already: how it is there is changed. */
  readonly present?: Injection;
  readonly onClose: () => void;
  readonly onDone: (name: string) => void;
}) => {
  const t = useText();
  const id = useId();
  const [busy, setBusy] = useState(false);
  return (
    <Dialog
      title={
        present
          ? t("plugin.change", { name: present.plugin.name, board: board.name })
          : t("plugin.inject-into", { board: board.name })
      }
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button kind="primary" submit form={id} busy={busy}>
            {present ? t("do.save") : t("plugin.inject")}
          </Button>
        </>
      }
    >
      <Choice id={id} board={board} present={present} onBusy={setBusy} onDone={onDone} />
    </Dialog>
  );
};
