// Inputs with label, hint and error, in one look. Native controls: the browser's own keyboard, autofill and phone pickers.
import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import css from "./field.module.css";
import { Icon } from "./icon.tsx";

interface Frame {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | null | undefined;
}

const Shell = ({
  id,
  label,
  hint,
  error,
  children,
}: Frame & { readonly id: string; readonly children: ReactNode }) => (
  <div className={css.field}>
    <label htmlFor={id}>{label}</label>
    {children}
    {hint && !error && (
      <p id={`${id}-hint`} className={css.hint}>
        {hint}
      </p>
    )}
    {error && (
      <p id={`${id}-hint`} className={css.error} role="alert">
        {error}
      </p>
    )}
  </div>
);

export const Field = ({
  label,
  hint,
  error,
  ...input
}: Frame & InputHTMLAttributes<HTMLInputElement>) => {
  const id = useId();
  return (
    <Shell id={id} label={label} hint={hint} error={error}>
      <input
        {...input}
        id={id}
        className={css.input}
        aria-invalid={error ? true : undefined}
        aria-describedby={hint || error ? `${id}-hint` : undefined}
      />
    </Shell>
  );
};

export const Lines = ({
  label,
  hint,
  error,
  ...area
}: Frame & TextareaHTMLAttributes<HTMLTextAreaElement>) => {
  const id = useId();
  return (
    <Shell id={id} label={label} hint={hint} error={error}>
      <textarea
        {...area}
        id={id}
        className={css.lines}
        spellCheck={false}
        aria-invalid={error ? true : undefined}
        aria-describedby={hint || error ? `${id}-hint` : undefined}
      />
    </Shell>
  );
};

export const Select = ({
  label,
  hint,
  error,
  children,
  ...select
}: Frame & SelectHTMLAttributes<HTMLSelectElement>) => {
  const id = useId();
  return (
    <Shell id={id} label={label} hint={hint} error={error}>
      <span className={css.select}>
        <select
          {...select}
          id={id}
          className={css.input}
          aria-invalid={error ? true : undefined}
          aria-describedby={hint || error ? `${id}-hint` : undefined}
        >
          {children}
        </select>
        <Icon name="down" size={16} />
      </span>
    </Shell>
  );
};

export const Check = ({
  label,
  hint,
  ...input
}: Frame & Omit<InputHTMLAttributes<HTMLInputElement>, "type">) => {
  const id = useId();
  return (
    <div className={css.check}>
      <input
        {...input}
        type="checkbox"
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
      />
      <label htmlFor={id}>{label}</label>
      {hint && (
        <p id={`${id}-hint`} className={css.hint}>
          {hint}
        </p>
      )}
    </div>
  );
};
