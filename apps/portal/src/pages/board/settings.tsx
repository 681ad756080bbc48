// Settings of the agent. They are wishes: the target table above says when they hold.
import { type FormEvent, useState } from "react";
import type { Board, TargetSettings } from "../../live/contract.ts";
import { refusalOf, showProblem } from "../../text/problem.ts";
import { type TextKey, useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Check, Field, Select } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { Loading } from "../../ui/notice.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useSettings, useTarget } from "./queries.ts";

const levels = ["debug", "info", "warn", "error"] as const;

const SettingsForm = ({
  board,
  settings,
}: {
  readonly board: Board;
  readonly settings: TargetSettings;
}) => {
  const t = useText();
  const change = useSettings(board.uuid);
  const [enabled, setEnabled] = useState(settings.sensors.enabled);
  const [every, setEvery] = useState(String(settings.sensors.storeEveryS));
  const [level, setLevel] = useState(settings.log.level);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(
      { sensors: { enabled, storeEveryS: Number(every) }, log: { level } },
      {
        onSuccess: () =>
          showToast({ tone: "ok", title: t("settings.saved"), detail: t("settings.saved-more") }),
      },
    );
  };
  return (
    <form className={form.form} onSubmit={submit}>
      <Check
        label={t("settings.sensors")}
        checked={enabled}
        onChange={(event) => setEnabled(event.target.checked)}
      />
      <div className={form.pair}>
        <Field
          label={t("settings.every")}
          hint={t("settings.every-hint")}
          type="number"
          min={5}
          max={86_400}
          required
          value={every}
          onChange={(event) => setEvery(event.target.value)}
        />
        <Select
          label={t("settings.level")}
          value={level}
          onChange={(event) =>
            setLevel(levels.find((each) => each === event.target.value) ?? "info")
          }
        >
          {levels.map((each) => (
            <option key={each} value={each}>
              {t(`settings.level.${each}` as TextKey)}
            </option>
          ))}
        </Select>
      </div>
      {change.error && <p role="alert">{showProblem(change.error).sentence}</p>}
      <div className={form.foot}>
        <Button submit busy={change.isPending} offBecause={refusalOf(board, "settings")}>
          {t("do.save")}
        </Button>
      </div>
    </form>
  );
};

export const SettingsCard = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const settings = useTarget(board.uuid).data?.settings;
  return (
    <Card title={t("settings.title")}>
      {settings ? (
        <SettingsForm key={JSON.stringify(settings)} board={board} settings={settings} />
      ) : (
        <Loading rows={3} />
      )}
    </Card>
  );
};
