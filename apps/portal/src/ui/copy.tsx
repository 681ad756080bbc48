// Text to take along: an id, a command, a secret that is shown once.
import { useEffect, useState } from "react";
import { useText } from "../text/text.ts";
import css from "./copy.module.css";
import { Icon } from "./icon.tsx";

/** How long "copied" stays. */
const COPIED_MS = 2_000;

export const CopyButton = ({
  value,
  label,
}: {
  readonly value: string;
  readonly label?: string;
}) => {
  const t = useText();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const word = copied ? t("do.copied") : (label ?? t("do.copy"));
  return (
    <button
      type="button"
      className={css.button}
      data-labelled={label ? "" : undefined}
      aria-label={word}
      title={word}
      onClick={() => navigator.clipboard.writeText(value).then(() => setCopied(true))}
    >
      <Icon name={copied ? "check" : "copy"} size={16} />
      {label && <span aria-live="polite">{word}</span>}
    </button>
  );
};

export const CopyLine = ({
  value,
  wrap = false,
}: {
  readonly value: string;
  readonly wrap?: boolean;
}) => {
  const t = useText();
  return (
    <div className={css.line} data-wrap={wrap || undefined}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so the keyboard must reach it */}
      <code tabIndex={0}>{value}</code>
      <CopyButton value={value} label={t("do.copy")} />
    </div>
  );
};
