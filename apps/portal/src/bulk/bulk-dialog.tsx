// Does something with many boards: what, a look at what that would do, and then the operation's page.
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { type BulkActionName, type BulkSelection, bulkActions } from "../live/contract.ts";
import { useFleetChoices } from "../live/fleets.ts";
import { type BulkDraft, useBulkPreview, useStartBulk } from "../live/operations.ts";
import { usePluginChoices } from "../live/plugins.ts";
import { useSession } from "../live/session.ts";
import { showProblem } from "../text/problem.ts";
import { useText } from "../text/text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, Select } from "../ui/field.tsx";
import form from "../ui/form.module.css";
import { Notice } from "../ui/notice.tsx";
import { type OfferedAction, offeredActions, waits } from "./actions.ts";
import { PreviewView } from "./preview.tsx";

/** What is chosen, as the cloud takes it; null: something is missing yet. */
const draftOf = (
  offered: OfferedAction,
  selection: BulkSelection,
  { target, waitS }: { readonly target: string; readonly waitS: number },
): BulkDraft | null => {
  if (offered.needs && target === "") return null;
  const isCommand = bulkActions[offered.action].kind === "command";
  return {
    ...{ action: offered.action, selection },
    ...(offered.needs ? { params: { [offered.needs]: target } } : {}),
    ...(isCommand && waitS > 0 ? { waitS } : {}),
  };
};

export const BulkDialog = ({
  project,
  selection,
  title,
  onClose,
}: {
  readonly project: string;
  readonly selection: BulkSelection;
  readonly title: string;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const id = useId();
  const navigate = useNavigate();
  const session = useSession();
  const offers: readonly OfferedAction[] = offeredActions.filter(({ action }) =>
    session?.actions.includes(action),
  );
  const [action, setAction] = useState<BulkActionName>(offers[0]?.action ?? "board.ping");
  const [target, setTarget] = useState("");
  const [waitS, setWaitS] = useState(0);
  const [typed, setTyped] = useState("");
  const fleets = useFleetChoices(project);
  const plugins = usePluginChoices(project);
  const look = useBulkPreview();
  const start = useStartBulk();
  const offered: OfferedAction = offers.find((each) => each.action === action) ?? offeredActions[0];
  const draft = draftOf(offered, selection, { target, waitS });
  const choices = (offered.needs === "plugin" ? plugins.data : fleets.data) ?? [];
  const preview = look.data;
  const count = preview?.effects.reduce((sum, each) => sum + each.count, 0) ?? 0;
  const isConfirmed = !offered.isGrave || typed === String(count);
  const error = look.error ?? start.error;
  /** Whatever is chosen anew has not been looked at. */
  const anew =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      set(value);
      setTyped("");
      look.reset();
      start.reset();
    };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!draft) return;
    if (!preview) return look.mutate(draft);
    if (isConfirmed && count > 0)
      start.mutate(draft, {
        onSuccess: ({ uuid: operation }) =>
          void navigate({
            to: "/$project/operations/$operation",
            params: { project, operation },
          }),
      });
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button
            kind="primary"
            submit
            form={id}
            busy={look.isPending || start.isPending}
            disabled={!draft || (preview !== undefined && (!isConfirmed || count === 0))}
          >
            {preview ? t("bulk.do", { count }) : t("bulk.look")}
          </Button>
        </>
      }
    >
      <form id={id} className={form.form} onSubmit={submit}>
        <Select
          label={t("bulk.action")}
          value={action}
          onChange={({ target: { value } }) => {
            anew(setAction)(value as BulkActionName);
            setTarget("");
          }}
        >
          {offers.map((each) => (
            <option key={each.action} value={each.action}>
              {t(each.word)}
            </option>
          ))}
        </Select>
        {offered.needs && (
          <Select
            label={t(offered.needs === "plugin" ? "bulk.plugin" : "fleet.one")}
            value={target}
            onChange={({ target: { value } }) => anew(setTarget)(value)}
          >
            <option value="">{t("bulk.choose")}</option>
            {choices.map(({ uuid, name }) => (
              <option key={uuid} value={uuid}>
                {name}
              </option>
            ))}
          </Select>
        )}
        {bulkActions[offered.action].kind === "command" && (
          <Select
            label={t("bulk.away")}
            value={String(waitS)}
            onChange={({ target: { value } }) => anew(setWaitS)(Number(value))}
          >
            {waits.map(({ seconds, word }) => (
              <option key={seconds} value={seconds}>
                {t(word)}
              </option>
            ))}
          </Select>
        )}
        {preview && <PreviewView preview={preview} />}
        {preview && offered.isGrave && count > 0 && (
          <Field
            label={t("bulk.type", { n: count })}
            inputMode="numeric"
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
        {error && (
          <Notice tone="bad" icon="alert">
            {showProblem(error).sentence}
          </Notice>
        )}
      </form>
    </Dialog>
  );
};
