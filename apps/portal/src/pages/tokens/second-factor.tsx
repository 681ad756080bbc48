// The second factor: set up in three steps (password, app, recovery codes), renewed, turned off. What is shown once is kept nowhere.
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { renderSVG } from "uqr";
import { useNow } from "../../live/clock.ts";
import { formatDay } from "../../text/format.ts";
import { showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { CopyButton, CopyLine } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { Failure, Loading } from "../../ui/notice.tsx";
import { showToast } from "../../ui/toast.tsx";
import { useFactorVerb, useSecondFactor } from "./queries.ts";
import css from "./second-factor.module.css";

const CodeField = ({
  value,
  error,
  onChange,
  label,
}: {
  readonly value: string;
  readonly error: string | null;
  readonly onChange: (code: string) => void;
  readonly label: string;
}) => (
  <Field
    label={label}
    name="code"
    autoComplete="one-time-code"
    autoCapitalize="none"
    spellCheck={false}
    maxLength={64}
    required
    value={value}
    error={error}
    onChange={(event) => onChange(event.target.value)}
  />
);

const RecoveryCodes = ({ codes }: { readonly codes: readonly string[] }) => {
  const t = useText();
  return (
    <div className={form.form}>
      <p>{t("factor.codes-once")}</p>
      <ol className={css.codes} aria-label={t("factor.codes")}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div>
        <CopyButton value={codes.join("\n")} label={t("factor.copy-codes")} />
      </div>
    </div>
  );
};

/** A dialog whose one form is submitted from its foot, until it is done. */
const Step = ({
  title,
  word,
  busy,
  danger = false,
  done,
  onSubmit,
  onClose,
  children,
}: {
  readonly title: string;
  readonly word: string;
  readonly busy: boolean;
  readonly danger?: boolean;
  /** What is shown in the place of the form at the end. */
  readonly done?: ReactNode;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) => {
  const t = useText();
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  const foot = done ? (
    <Button onClick={onClose}>{t("do.close")}</Button>
  ) : (
    <>
      <Button onClick={onClose}>{t("do.cancel")}</Button>
      <Button kind={danger ? "danger" : "primary"} submit form={id} busy={busy}>
        {word}
      </Button>
    </>
  );
  return (
    <Dialog title={title} onClose={onClose} foot={foot}>
      {done ?? (
        <form id={id} className={form.form} onSubmit={submit}>
          {children}
        </form>
      )}
    </Dialog>
  );
};

const sentenceOf = (error: unknown): string | null => (error ? showProblem(error).sentence : null);

const SetUp = ({ onClose }: { readonly onClose: () => void }) => {
  const t = useText();
  const begin = useFactorVerb((api, body: { password: string }) => api.begin({ body }));
  const confirm = useFactorVerb((api, body: { code: string }) => api.confirm({ body }));
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const shown = begin.data;
  return (
    <Step
      title={t("factor.title")}
      word={shown ? t("factor.turn-on") : t("factor.next")}
      busy={begin.isPending || confirm.isPending}
      done={confirm.data && <RecoveryCodes codes={confirm.data.recoveryCodes} />}
      onClose={onClose}
      onSubmit={() => (shown ? confirm.mutate({ code }) : begin.mutate({ password }))}
    >
      {shown ? (
        <>
          <p>{t("factor.scan")}</p>
          <div className={css.scan}>
            <img
              alt={t("factor.picture")}
              src={`data:image/svg+xml,${encodeURIComponent(renderSVG(shown.uri, { border: 2 }))}`}
            />
            <CopyLine value={shown.secret} wrap />
          </div>
          <CodeField
            label={t("factor.enter")}
            value={code}
            error={sentenceOf(confirm.error)}
            onChange={setCode}
          />
        </>
      ) : (
        <Field
          label={t("factor.password")}
          hint={t("factor.password-hint")}
          type="password"
          autoComplete="current-password"
          required
          value={password}
          error={sentenceOf(begin.error)}
          onChange={(event) => setPassword(event.target.value)}
        />
      )}
    </Step>
  );
};

const Renew = ({ onClose }: { readonly onClose: () => void }) => {
  const t = useText();
  const renew = useFactorVerb((api, body: { code: string }) => api.renewCodes({ body }));
  const [code, setCode] = useState("");
  return (
    <Step
      title={t("factor.renew-title")}
      word={t("factor.next")}
      busy={renew.isPending}
      done={renew.data && <RecoveryCodes codes={renew.data.recoveryCodes} />}
      onClose={onClose}
      onSubmit={() => renew.mutate({ code })}
    >
      <CodeField
        label={t("signin.code")}
        value={code}
        error={sentenceOf(renew.error)}
        onChange={setCode}
      />
    </Step>
  );
};

const TurnOff = ({ onClose }: { readonly onClose: () => void }) => {
  const t = useText();
  const remove = useFactorVerb((api, body: { code: string }) => api.remove({ body }));
  const [code, setCode] = useState("");
  const submit = () =>
    remove.mutate(
      { code },
      {
        onSuccess: () => {
          showToast({ tone: "ok", title: t("factor.removed") });
          onClose();
        },
      },
    );
  return (
    <Step
      title={t("factor.off-title")}
      word={t("factor.off-title")}
      danger
      busy={remove.isPending}
      onClose={onClose}
      onSubmit={submit}
    >
      <CodeField
        label={t("signin.code")}
        value={code}
        error={sentenceOf(remove.error)}
        onChange={setCode}
      />
    </Step>
  );
};

export const SecondFactorCard = () => {
  const t = useText();
  const now = useNow();
  const factor = useSecondFactor();
  const [open, setOpen] = useState<"set-up" | "renew" | "off" | null>(null);
  const close = () => setOpen(null);
  const { data } = factor;
  return (
    <Card title={t("factor.title")}>
      {factor.isError && <Failure error={factor.error} onRetry={() => void factor.refetch()} />}
      {factor.isPending && <Loading rows={1} />}
      {data && (
        <div className={form.form}>
          <p className={css.state}>
            {data.status === "on" && data.since
              ? `${t("factor.is-on", { day: formatDay(Date.parse(data.since), now) })} ${t(
                  "factor.codes-left",
                  { count: data.recoveryCodesLeft },
                )}.`
              : t("factor.is-off")}
          </p>
          <div className={form.foot}>
            {data.status === "on" ? (
              <>
                <Button changes onClick={() => setOpen("off")}>
                  {t("factor.off")}
                </Button>
                <Button changes onClick={() => setOpen("renew")}>
                  {t("factor.renew")}
                </Button>
              </>
            ) : (
              <Button changes onClick={() => setOpen("set-up")}>
                {t("factor.begin")}
              </Button>
            )}
          </div>
        </div>
      )}
      {open === "set-up" && <SetUp onClose={close} />}
      {open === "renew" && <Renew onClose={close} />}
      {open === "off" && <TurnOff onClose={close} />}
    </Card>
  );
};
