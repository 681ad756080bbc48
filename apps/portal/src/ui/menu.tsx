// A menu that drops from a button. Arrow keys walk, Escape returns to the button.
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Icon, type IconName } from "./icon.tsx";
import css from "./menu.module.css";

export interface MenuEntry {
  readonly label: string;
  readonly icon?: IconName;
  readonly chosen?: boolean;
  readonly danger?: boolean;
  readonly offBecause?: string | null | undefined;
  readonly onSelect: () => void;
}

export const Menu = ({
  label,
  trigger,
  entries,
  head,
  kind = "button",
}: {
  readonly label: string;
  readonly trigger: ReactNode;
  readonly entries: readonly (MenuEntry | "line")[];
  readonly head?: ReactNode;
  readonly kind?: "button" | "bare" | "wide" | "up";
}) => {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const items = () => [
    ...(root.current?.querySelectorAll<HTMLElement>("[role^=menuitem]:not([aria-disabled])") ?? []),
  ];
  const focusAt = (step: number) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[(at + step + all.length) % all.length]?.focus();
  };
  useEffect(() => {
    if (!open) return;
    root.current?.querySelector<HTMLElement>("[role^=menuitem]:not([aria-disabled])")?.focus();
    const onOutside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener("pointerdown", onOutside);
    return () => removeEventListener("pointerdown", onOutside);
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return;
    if (event.key === "Tab") return setOpen(false);
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0 && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (step === 0) close();
    else focusAt(step);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the menu within
    <div ref={root} className={css.root} data-kind={kind} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        className={css.trigger}
        data-kind={kind}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {trigger}
      </button>
      {open && (
        <div id={id} className={css.menu} role="menu" aria-label={label}>
          {head && (
            <div className={css.head} role="presentation">
              {head}
            </div>
          )}
          {entries.map((entry, index) =>
            entry === "line" ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have nothing else
              <hr key={`line-${index}`} />
            ) : (
              <button
                key={entry.label}
                type="button"
                role={entry.chosen === undefined ? "menuitem" : "menuitemradio"}
                {...(entry.chosen === undefined ? {} : { "aria-checked": entry.chosen })}
                aria-disabled={entry.offBecause ? true : undefined}
                title={entry.offBecause ?? undefined}
                data-danger={entry.danger || undefined}
                className={css.item}
                tabIndex={-1}
                onClick={() => {
                  if (entry.offBecause) return;
                  close();
                  entry.onSelect();
                }}
              >
                {entry.icon && <Icon name={entry.icon} size={17} />}
                <span>{entry.label}</span>
                {entry.chosen && <Icon name="check" size={16} />}
              </button>
            ),
          )}
        </div>
      )}
    </div>
  );
};
