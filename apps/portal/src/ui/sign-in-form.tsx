// Name and password.
import { type FormEvent, useState } from "react";
import { useText } from "../text/text.ts";
import { Button } from "./button.tsx";
import { Field } from "./field.tsx";
import css from "./form.module.css";

export const SignInForm = ({
  name: initial = "",
  busy,
  error,
  onSubmit,
}: {
  readonly name?: string;
  readonly busy: boolean;
  readonly error: string | null;
  readonly onSubmit: (body: { name: string; password: string }) => void;
}) => {
  const t = useText();
  const [name, setName] = useState(initial);
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name && password) onSubmit({ name, password });
  };
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
        error={error}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button kind="primary" submit busy={busy}>
        {t("do.sign-in")}
      </Button>
    </form>
  );
};
