// Sections of a page, each with an address of its own.
import type { ReactNode } from "react";
import css from "./tabs.module.css";

export const Tabs = ({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ReactNode;
}) => (
  <nav className={css.tabs} aria-label={label}>
    {children}
  </nav>
);
export const tabClass = css.tab;
