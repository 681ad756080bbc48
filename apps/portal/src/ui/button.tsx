// Buttons. An action that is not allowed stays in its place, off, and says why.
import type { ButtonHTMLAttributes, ReactNode } from "react";
import css from "./button.module.css";
import { useChangesOff } from "./changes.ts";
import { Icon, type IconName } from "./icon.tsx";

type Kind = "plain" | "primary" | "quiet" | "danger";

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "type"> {
  readonly kind?: Kind;
  readonly icon?: IconName;
  readonly busy?: boolean;
  /** Why it is off, if it is: shown on hover and read aloud. */
  readonly offBecause?: string | null | undefined;
  readonly submit?: boolean;
  /** It changes something: off while nothing can be changed. What submits a form always does. */
  readonly changes?: boolean;
  readonly children?: ReactNode;
}

export const Button = ({
  kind = "plain",
  icon,
  busy = false,
  offBecause,
  submit = false,
  changes = submit,
  children,
  disabled,
  onClick,
  title,
  ...rest
}: ButtonProps) => {
  const changesOff = useChangesOff();
  const because = offBecause ?? (changes ? changesOff : null);
  const off = disabled || busy || Boolean(because);
  return (
    <button
      {...rest}
      type={submit ? "submit" : "button"}
      className={css.button}
      data-kind={kind}
      data-lone={children === undefined ? "" : undefined}
      aria-disabled={off || undefined}
      aria-busy={busy || undefined}
      title={because ?? title}
      onClick={off ? (event) => event.preventDefault() : onClick}
    >
      {icon && <Icon name={icon} size={17} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
};

export const IconButton = ({
  icon,
  label,
  ...rest
}: Omit<ButtonProps, "children"> & { readonly icon: IconName; readonly label: string }) => (
  <Button {...rest} icon={icon} aria-label={label} title={label} />
);
