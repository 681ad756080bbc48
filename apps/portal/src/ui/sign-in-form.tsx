// Name and password, and a code once the cloud has asked for one.
import { type FormEvent, useState } from "react";
import { useText } from "../text/text.ts";
import { Button } from "./button.tsx";
import { Field } from "./field.tsx";
import css from "./form.module.css";

export interface SignInBody {
  readonly name: string;
  readonly password: string;
  readonly code?: string;
}

/** What went wrong, as far as the form is concerned. */
export interface SignInFault {
  readonly code: string;
  readonly sentence: string;
}

export const SignInForm = ({
  name: initial = "",
  busy,
  fault,
  onSubmit,
}: {
  readonly name?: string;
  readonly busy: boolean;
  readonly fault: SignInFault | null;
  readonly onSubmit: (body: SignInBody) => void;
}) => {
  const t = useText();
  const [name, setName] = useState(initial);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [asked, setAsked] = useState(false);
  // Once asked for, it stays: whoever mistypes a code is asked for the code again, not for everything.
  if (!asked && fault?.code === "auth.code-needed") setAsked(true);
  if (asked && fault?.code === "auth.failed") setAsked(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!name || !password) return;
    onSubmit({ name, password, ...(asked && code ? { code } : {}) });
    setCode("");
  };
  const sentence = fault?.code === "auth.code-needed" ? null : (fault?.sentence ?? null);
  return (
    <form className={css.form} onSubmit={submit}>
      <Field
        label={t("signin.name")}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        required
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Field
        label={t("signin.password")}
        name="password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        error={asked ? null : sentence}
        onChange={(event) => setPassword(event.target.value)}
      />
      {asked && (
        <Field
          label={t("signin.code")}
          hint={t("signin.code-hint")}
          name="code"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          required
          autoFocus
          value={code}
          error={sentence}
          onChange={(event) => setCode(event.target.value)}
        />
      )}
      <Button kind="primary" submit busy={busy}>
        {t("do.sign-in")}
      </Button>
    </form>
  );
};
