// The files of the draft, one of them open.
import { type FormEvent, Suspense, useId, useState } from "react";
import { CodeEditor } from "../../code/index.ts";
import { languageOf } from "../../code/language-of.ts";
import { useText } from "../../text/text.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { FileTabs } from "../../ui/file-tabs.tsx";
import { Loading } from "../../ui/notice.tsx";
import type { PluginDraft } from "./draft.ts";
import css from "./editor.module.css";

/** As the contract has it: relative, no hidden names. */
const pathPattern = "[A-Za-z0-9_][A-Za-z0-9_.\\-]*(/[A-Za-z0-9_][A-Za-z0-9_.\\-]*)*";

const AddFile = ({
  taken,
  onAdd,
  onClose,
}: {
  readonly taken: readonly string[];
  readonly onAdd: (path: string) => void;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const id = useId();
  const [path, setPath] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (taken.includes(path)) return;
    onAdd(path);
    onClose();
  };
  return (
    <Dialog
      title={t("editor.add-file")}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button kind="primary" submit changes={false} form={id}>
            {t("do.add")}
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={submit}>
        <Field
          label={t("editor.path")}
          hint={t("editor.path-hint")}
          required
          pattern={pathPattern}
          maxLength={200}
          autoComplete="off"
          value={path}
          error={taken.includes(path) ? t("editor.path-taken") : null}
          onChange={(event) => setPath(event.target.value)}
        />
      </form>
    </Dialog>
  );
};

export const CodePane = ({
  draft,
  onChange,
}: {
  readonly draft: PluginDraft;
  readonly onChange: (next: PluginDraft) => void;
}) => {
  const t = useText();
  const [chosen, setChosen] = useState(draft.entry);
  const [adding, setAdding] = useState(false);
  const open = draft.files.find(({ path }) => path === chosen) ?? draft.files[0];
  if (!open) return null;
  return (
    <>
      <FileTabs
        label={t("plugin.files")}
        paths={draft.files.map(({ path }) => path)}
        chosen={open.path}
        onChoose={setChosen}
      >
        <IconButton
          kind="quiet"
          icon="plus"
          label={t("editor.add-file")}
          onClick={() => setAdding(true)}
        />
        {open.path !== draft.entry && (
          <IconButton
            kind="quiet"
            icon="close"
            label={t("editor.remove-file", { path: open.path })}
            onClick={() =>
              onChange({ ...draft, files: draft.files.filter((file) => file !== open) })
            }
          />
        )}
      </FileTabs>
      <div className={css.code}>
        <Suspense fallback={<Loading rows={10} />}>
          <CodeEditor
            key={open.path}
            label={t("editor.of-file", { path: open.path })}
            language={languageOf(open.path)}
            value={open.text}
            onChange={(text) =>
              onChange({
                ...draft,
                files: draft.files.map((file) =>
                  file.path === open.path ? { ...file, text } : file,
                ),
              })
            }
          />
        </Suspense>
      </div>
      {adding && (
        <AddFile
          taken={draft.files.map(({ path }) => path)}
          onAdd={(path) => {
            onChange({ ...draft, files: [...draft.files, { path, text: "" }] });
            setChosen(path);
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </>
  );
};

export const SchemaPane = ({
  draft,
  fault,
  onChange,
}: {
  readonly draft: PluginDraft;
  readonly fault: string | null;
  readonly onChange: (next: PluginDraft) => void;
}) => {
  const t = useText();
  return (
    <>
      <p className={css.about}>{t("editor.schema-hint")}</p>
      <div className={css.code}>
        <Suspense fallback={<Loading rows={10} />}>
          <CodeEditor
            label={t("editor.schema")}
            language="json"
            value={draft.schema}
            onChange={(schema) => onChange({ ...draft, schema })}
          />
        </Suspense>
      </div>
      {fault !== null && (
        <p className={css.fault} role="alert">
          {fault === "not-json" ? t("form.not-json") : t("editor.schema-fault", { because: fault })}
        </p>
      )}
    </>
  );
};
