// A lost password, and a proved address: a letter is asked for, and its link is used here. What is in the link is after its #, which
// no server sees, and leaves the address of the page at once.
import { useMutation } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { apiOf } from "../../live/api.ts";
import { showProblem } from "../../text/problem.ts";
import { currentLanguage, useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import css from "../../ui/gate.module.css";
import { Gate } from "../../ui/gate.tsx";
import { Notice } from "../../ui/notice.tsx";

const sentenceOf = (error: unknown): string | null => (error ? showProblem(error).sentence : null);

const Form = ({
  onSubmit,
  children,
}: {
  readonly onSubmit: () => void;
  readonly children: ReactNode;
}) => (
  <form
    className={form.form}
    onSubmit={(event: FormEvent) => {
      event.preventDefault();
      onSubmit();
    }}
  >
    {children}
  </form>
);

const Back = () => {
  const t = useText();
  return (
    <Link className={css.link} to="/sign-in">
      {t("lost.back")}
    </Link>
  );
};

/** The code of the link that was opened, taken out of the address: it must not stay in the history. */
const useCode = (): string => {
  const hash = useLocation({ select: (at) => at.hash });
  const [code] = useState(hash);
  useEffect(() => {
    if (hash !== "") history.replaceState(null, "", location.pathname);
  }, [hash]);
  return code;
};

export const LostPasswordPage = () => {
  const t = useText();
  const [mail, setMail] = useState("");
  const ask = useMutation({
    meta: { quiet: true },
    mutationFn: () =>
      apiOf(undefined).passwordResets.ask({
        body: { mail: mail.trim(), language: currentLanguage() },
      }),
  });
  return (
    <Gate title={t("lost.title")}>
      {ask.isSuccess ? (
        <Notice tone="ok" icon="check">
          {t("lost.sent")}
        </Notice>
      ) : (
        <Form onSubmit={() => ask.mutate()}>
          <p className={css.hint}>{t("lost.explain")}</p>
          <Field
            label={t("lost.mail")}
            type="email"
            name="email"
            autoComplete="email"
            required
            value={mail}
            error={sentenceOf(ask.error)}
            onChange={(event) => setMail(event.target.value)}
          />
          <Button kind="primary" submit busy={ask.isPending}>
            {t("lost.send")}
          </Button>
        </Form>
      )}
      <Back />
    </Gate>
  );
};

export const NewPasswordPage = () => {
  const t = useText();
  const code = useCode();
  const [password, setPassword] = useState("");
  const redeem = useMutation({
    meta: { quiet: true },
    mutationFn: () =>
      apiOf(undefined).passwordResets.redeem({
        body: { code, password, language: currentLanguage() },
      }),
  });
  return (
    <Gate title={t("lost.title")}>
      {code === "" && <Notice tone="warn">{t("lost.no-code")}</Notice>}
      {redeem.isSuccess && (
        <Notice tone="ok" icon="check">
          {t("lost.done")}
        </Notice>
      )}
      {code !== "" && !redeem.isSuccess && (
        <Form onSubmit={() => redeem.mutate()}>
          <Field
            label={t("password.next")}
            hint={t("lost.hint")}
            type="password"
            name="password"
            autoComplete="new-password"
            required
            value={password}
            error={sentenceOf(redeem.error)}
            onChange={(event) => setPassword(event.target.value)}
          />
          <Button kind="primary" submit busy={redeem.isPending}>
            {t("lost.set")}
          </Button>
        </Form>
      )}
      {(code === "" || redeem.isError) && (
        <Link className={css.link} to="/lost-password">
          {t("lost.again")}
        </Link>
      )}
      <Back />
    </Gate>
  );
};

export const ConfirmMailPage = () => {
  const t = useText();
  const code = useCode();
  // By a button, not by opening: programs that look into letters open every link.
  const confirm = useMutation({
    meta: { quiet: true },
    mutationFn: () => apiOf(undefined).mailAddresses.confirm({ body: { code } }),
  });
  return (
    <Gate title={t("mail.confirm-title")}>
      {code === "" && <Notice tone="warn">{t("lost.no-code")}</Notice>}
      {confirm.isError && <Notice tone="bad">{showProblem(confirm.error).sentence}</Notice>}
      {confirm.isSuccess && (
        <Notice tone="ok" icon="check">
          {t("mail.confirm-done")}
        </Notice>
      )}
      {code !== "" && !confirm.isSuccess && (
        <Button kind="primary" busy={confirm.isPending} onClick={() => confirm.mutate()}>
          {t("mail.confirm-do")}
        </Button>
      )}
      <Back />
    </Gate>
  );
};
