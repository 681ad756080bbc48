// What is shown in place of content: loading, nothing there, an error, something partly missing. The same on every page.
import { type ReactNode, useEffect, useState } from "react";
import { showProblem } from "../text/problem.ts";
import { useText } from "../text/text.ts";
import { Button } from "./button.tsx";
import { CopyLine } from "./copy.tsx";
import { Icon, type IconName } from "./icon.tsx";
import css from "./notice.module.css";

/** Nothing is shown for answers that come within this time. */
const SKELETON_AFTER_MS = 150;
/** After this the page says that it is slow. */
const SLOW_AFTER_MS = 8_000;

const useElapsed = (ms: number): boolean => {
  const [elapsed, setElapsed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setElapsed(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return elapsed;
};

export const Loading = ({
  rows = 6,
  onRetry,
}: {
  readonly rows?: number;
  readonly onRetry?: () => void;
}) => {
  const t = useText();
  const shown = useElapsed(SKELETON_AFTER_MS);
  const slow = useElapsed(SLOW_AFTER_MS);
  return (
    <div className={css.loading} aria-busy="true">
      {shown && <span className="hidden-visually">{t("loading.label")}</span>}
      {slow && (
        <p className={css.slow}>
          {t("loading.slow")} {onRetry && <Button onClick={onRetry}>{t("do.retry")}</Button>}
        </p>
      )}
      {shown &&
        Array.from({ length: rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: placeholders are all alike
          <span key={row} className={css.bone} />
        ))}
    </div>
  );
};

export const EmptyState = ({
  title,
  children,
  action,
  command,
  icon,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  readonly command?: string;
  readonly icon?: IconName;
}) => (
  <div className={css.empty}>
    {icon && (
      <span className={css.badge}>
        <Icon name={icon} size={24} />
      </span>
    )}
    <p className={css.title}>{title}</p>
    {children && <p className={css.more}>{children}</p>}
    {action && <div className={css.action}>{action}</div>}
    {command && <CopyLine value={command} />}
  </div>
);

export const Failure = ({
  what,
  error,
  onRetry,
}: {
  readonly what?: string;
  readonly error: unknown;
  readonly onRetry?: () => void;
}) => {
  const t = useText();
  const { sentence, code, reference } = showProblem(error);
  // One answer for both: what is not there, and what one may not see.
  if (code.endsWith(".not-found"))
    return (
      <EmptyState title={t("notfound.title")} icon="search">
        <a href="/app/">{t("notfound.home")}</a>
      </EmptyState>
    );
  const details = [code, reference].filter(Boolean).join(" · ");
  return (
    <div className={css.empty} role="alert">
      <p className={css.title}>{what ?? t("problem.title")}</p>
      <p className={css.more}>{sentence}</p>
      <p className={css.code}>{details}</p>
      <div className={css.action}>
        {onRetry && <Button onClick={onRetry}>{t("do.retry")}</Button>}
        <Button
          kind="quiet"
          onClick={() => navigator.clipboard.writeText(`${details}\n${sentence}`)}
        >
          {t("do.copy-details")}
        </Button>
      </div>
    </div>
  );
};

/** One line above content that says how far to trust it. */
export const Notice = ({
  tone = "calm",
  icon = "clock",
  children,
}: {
  readonly tone?: "calm" | "warn" | "bad" | "ok";
  readonly icon?: IconName;
  readonly children: ReactNode;
}) => (
  <div className={css.notice} data-tone={tone} role="status">
    <Icon name={icon} size={17} />
    <span>{children}</span>
  </div>
);
