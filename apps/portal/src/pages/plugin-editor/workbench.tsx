// The editor and the run beside it.
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useState } from "react";
import { useSchemaDraft } from "../../form/schema-form.tsx";
import {
  type PluginFile,
  type PluginVersion,
  pluginModes,
  pluginRuntimes,
} from "../../live/contract.ts";
import { savePlugin } from "../../live/plugin-files.ts";
import { showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Field, Select } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { useOfferCommands } from "../../ui/page-commands.ts";
import { Segments } from "../../ui/segments.tsx";
import { showToast } from "../../ui/toast.tsx";
import { CodePane, SchemaPane } from "./code-pane.tsx";
import { type PluginDraft, packOf, readSchema, useDraft, withKind } from "./draft.ts";
import css from "./editor.module.css";
import { LimitsPane } from "./limits-pane.tsx";
import { usePluginsChanged, useRunnableBoards } from "./queries.ts";
import { RunPanel, useRun } from "./run-panel.tsx";

const panes = ["code", "schema", "limits"] as const;
type Pane = (typeof panes)[number];
const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const WhatItIs = ({
  draft,
  fixed,
  onChange,
}: {
  readonly draft: PluginDraft;
  /** It has a version already: it keeps its name and its kind. */
  readonly fixed: boolean;
  readonly onChange: (next: PluginDraft) => void;
}) => {
  const t = useText();
  const bad = draft.name !== "" && !namePattern.test(draft.name);
  return (
    <div className={css.what}>
      <Field
        label={t("boards.name")}
        placeholder="hello"
        readOnly={fixed}
        required
        maxLength={63}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={draft.name}
        error={bad ? t("editor.name-hint") : null}
        onChange={(event) => onChange({ ...draft, name: event.target.value })}
      />
      <Select
        label={t("plugin.runtime")}
        value={draft.runtime}
        disabled={fixed}
        onChange={({ target: { value } }) =>
          onChange(
            withKind(draft, pluginRuntimes.find((each) => each === value) ?? "node", draft.mode),
          )
        }
      >
        {pluginRuntimes.map((each) => (
          <option key={each} value={each}>
            {t(`plugin.runtime.${each}`)}
          </option>
        ))}
      </Select>
      <Select
        label={t("plugin.mode")}
        hint={t(`editor.mode-hint.${draft.mode}`)}
        value={draft.mode}
        disabled={fixed}
        onChange={({ target: { value } }) =>
          onChange(
            withKind(draft, draft.runtime, pluginModes.find((each) => each === value) ?? "sync"),
          )
        }
      >
        {pluginModes.map((each) => (
          <option key={each} value={each}>
            {t(`plugin.mode.${each}`)}
          </option>
        ))}
      </Select>
    </div>
  );
};

const useFaulty = (draft: PluginDraft, schemaFault: string | null): string | null => {
  const t = useText();
  if (!namePattern.test(draft.name)) return t("editor.name-hint");
  if (schemaFault !== null) return t("editor.schema-faulty");
  return Object.values(draft.limits).every(Number.isInteger) ? null : t("editor.limits-faulty");
};

/** The schema as it is typed: the last sound one stays while it is not. */
const useParams = (text: string) => {
  const read = readSchema(text);
  const [sound, setSound] = useState({ text, schema: read.schema });
  if (read.fault === null && sound.text !== text) setSound({ text, schema: read.schema });
  return { fault: read.fault, ...sound };
};

interface WorkbenchProps {
  readonly project: string;
  readonly of: string;
  readonly begin: PluginDraft;
  /** Files that are no text: they go along as they are. */
  readonly kept: readonly PluginFile[];
  readonly latest: number | null;
}

export const Workbench = ({ project, of, begin, kept, latest }: WorkbenchProps) => {
  const t = useText();
  const navigate = useNavigate();
  const { draft, isChanged, change, settle, discard } = useDraft(project, of, begin);
  const { fault: schemaFault, schema } = useParams(draft.schema);
  const [number, setNumber] = useState(latest);
  const [pane, setPane] = useState<Pane>("code");
  const [saving, setSaving] = useState(false);
  const [chosen, setChosen] = useState<string>();
  const boards = useRunnableBoards(project, draft.runtime);
  const board = boards.data?.find(({ uuid }) => uuid === chosen) ?? boards.data?.[0];
  const params = useSchemaDraft(schema);
  const pluginsChanged = usePluginsChanged();
  const faulty = useFaulty(draft, schemaFault);
  const onSaved = (version: PluginVersion) => {
    setNumber(version.number);
    settle();
    pluginsChanged();
  };
  const run = useRun(() => packOf(draft, kept), board?.uuid, params.read.value, onSaved);
  const mayRun = faulty === null && params.isSound && board !== undefined;
  const save = async () => {
    setSaving(true);
    try {
      const { files, words } = packOf(draft, kept);
      const { plugin, version } = await savePlugin(files, words);
      onSaved(version);
      showToast({ tone: "ok", title: t("editor.saved", { n: version.number, name: plugin.name }) });
      if (of === "new")
        void navigate({
          to: "/$project/plugins/$plugin/edit",
          params: { project, plugin: plugin.uuid },
          replace: true,
        });
    } catch (error) {
      const { sentence, code } = showProblem(error);
      showToast({ tone: "bad", title: sentence, detail: code });
    } finally {
      setSaving(false);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    if (event.key === "Enter" && mayRun) run.run();
    else if (event.key === "s" && faulty === null) void save();
    else return;
    event.preventDefault();
  };
  useOfferCommands(
    mayRun
      ? [
          {
            id: "run-plugin",
            label: t("editor.run-on", { name: draft.name, board: board.name }),
            icon: "play",
            run: run.run,
          },
        ]
      : [],
  );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the editor and of the fields within
    <div onKeyDown={onKeyDown} className={css.bench}>
      <Page
        title={number === null ? t("plugins.new") : draft.name}
        beside={
          <span className={css.state} data-changed={isChanged || undefined}>
            {isChanged
              ? t("editor.unsaved")
              : number === null
                ? ""
                : t("editor.is-version", { n: number })}
          </span>
        }
        actions={
          <>
            {isChanged && <Button onClick={discard}>{t("editor.discard")}</Button>}
            <Button
              icon="check"
              changes
              busy={saving}
              offBecause={faulty}
              onClick={() => void save()}
              title="Ctrl S"
            >
              {t("editor.save-version")}
            </Button>
          </>
        }
        wide
      >
        <WhatItIs draft={draft} fixed={number !== null} onChange={change} />
        <div className={css.work}>
          <section className={css.pane} aria-label={t("editor.draft")}>
            <div className={css.paneHead}>
              <Segments
                label={t("editor.parts")}
                value={pane}
                options={panes.map((value) => ({ value, label: t(`editor.pane.${value}`) }))}
                onChange={setPane}
              />
              <span className={css.leave}>{t("editor.leave")}</span>
            </div>
            {pane === "code" && <CodePane draft={draft} onChange={change} />}
            {pane === "schema" && (
              <SchemaPane draft={draft} fault={schemaFault} onChange={change} />
            )}
            {pane === "limits" && <LimitsPane draft={draft} onChange={change} />}
            {kept.length > 0 && pane === "code" && (
              <Notice icon="file">{t("editor.kept-files", { count: kept.length })}</Notice>
            )}
          </section>
          <RunPanel
            project={project}
            name={draft.name}
            runtime={t(`plugin.runtime.${draft.runtime}`)}
            isAsync={draft.mode === "async"}
            params={params}
            faulty={faulty}
            board={board}
            boards={boards}
            onBoard={setChosen}
            run={run}
          />
        </div>
      </Page>
    </div>
  );
};
