// One's own mail address: where a link for a lost password goes.
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { apiOf } from "../../live/api.ts";
import { useSession, waysInQuery } from "../../live/session.ts";
import { showProblem } from "../../text/problem.ts";
import { currentLanguage, type TextKey, useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { showToast } from "../../ui/toast.tsx";

const ChangeMail = ({
  present,
  onClose,
}: {
  readonly present: string;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const id = useId();
  const [mail, setMail] = useState(present);
  const [password, setPassword] = useState("");
  const change = useMutation({
    meta: { quiet: true },
    mutationFn: () =>
      apiOf(undefined).mailAddresses.change({
        body: { mail: mail.trim(), password, language: currentLanguage() },
      }),
    onSuccess: () => {
      showToast({ tone: "ok", title: t("mail.sent", { mail: mail.trim() }) });
      onClose();
    },
  });
  const problem = change.error ? showProblem(change.error) : null;
  const ofPassword = problem?.code === "auth.failed";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Dialog
      title={t("mail.change-title")}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button kind="primary" submit form={id} busy={change.isPending}>
            {t("mail.send")}
          </Button>
        </>
      }
    >
      <form id={id} className={form.form} onSubmit={submit}>
        <Field
          label={t("mail.next")}
          hint={t("mail.hint")}
          type="email"
          autoComplete="email"
          required
          value={mail}
          error={problem && !ofPassword ? problem.sentence : null}
          onChange={(event) => setMail(event.target.value)}
        />
        <Field
          label={t("factor.password")}
          type="password"
          autoComplete="current-password"
          required
          value={password}
          error={ofPassword ? problem.sentence : null}
          onChange={(event) => setPassword(event.target.value)}
        />
      </form>
    </Dialog>
  );
};

export const MailCard = () => {
  const t = useText();
  const user = useSession()?.user;
  const waysIn = useQuery(waysInQuery).data;
  const [open, setOpen] = useState(false);
  const mail = user?.mail ?? "";
  const key: TextKey = user?.mailVerified ? "mail.proved" : "mail.unproved";
  return (
    <Card title={t("mail.title")}>
      <div className={form.form}>
        <p>{mail === "" ? t("mail.none") : t(key, { mail })}</p>
        <div className={form.foot}>
          <Button
            changes
            offBecause={waysIn?.lostPassword === false ? t("mail.off") : null}
            onClick={() => setOpen(true)}
          >
            {t("mail.change")}
          </Button>
        </div>
      </div>
      {open && <ChangeMail present={mail} onClose={() => setOpen(false)} />}
    </Card>
  );
};
