// Dialogs on the browser's own `<dialog>`: it keeps the focus inside, closes on Escape and lies above everything.
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useText } from "../text/text.ts";
import { IconButton } from "./button.tsx";
import css from "./dialog.module.css";

export const Dialog = ({
  title,
  onClose,
  children,
  foot,
  closable = true,
  bare = false,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
  readonly closable?: boolean;
  /** Without a head: the title is only read. */
  readonly bare?: boolean;
}) => {
  const t = useText();
  const id = useId();
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it; the click is on the backdrop
    <dialog
      ref={ref}
      className={css.dialog}
      data-bare={bare || undefined}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (closable) onClose();
      }}
      onClick={(event) => {
        if (closable && event.target === ref.current) onClose();
      }}
    >
      <div className={css.inside}>
        <header className={bare ? "hidden-visually" : css.head}>
          <h2 id={id}>{title}</h2>
          {closable && !bare && (
            <IconButton kind="quiet" icon="close" label={t("do.close")} onClick={onClose} />
          )}
        </header>
        <div className={css.body}>{children}</div>
        {foot && <footer className={css.foot}>{foot}</footer>}
      </div>
    </dialog>
  );
};
