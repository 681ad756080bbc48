// The head of a page: name, what it is about, and its actions.
import type { ReactNode } from "react";
import css from "./page.module.css";

export const Page = ({
  title,
  count,
  actions,
  beside,
  below,
  wide = false,
  children,
}: {
  readonly title: ReactNode;
  readonly count?: string | undefined;
  readonly actions?: ReactNode;
  readonly beside?: ReactNode;
  readonly below?: ReactNode;
  readonly wide?: boolean;
  readonly children: ReactNode;
}) => (
  <div className={css.page} data-wide={wide || undefined}>
    <header className={css.head}>
      <div className={css.title}>
        <h1>{title}</h1>
        {count && <span className={css.count}>{count}</span>}
        {beside}
      </div>
      {actions && <div className={css.actions}>{actions}</div>}
      {below && <div className={css.below}>{below}</div>}
    </header>
    {children}
  </div>
);
