// Files side by side: one of them is open.
import type { ReactNode } from "react";
import css from "./file-tabs.module.css";

export const FileTabs = ({
  label,
  paths,
  chosen,
  onChoose,
  children,
}: {
  readonly label: string;
  readonly paths: readonly string[];
  readonly chosen: string;
  readonly onChoose: (path: string) => void;
  /** What is done with files, at the end of the row. */
  readonly children?: ReactNode;
}) => (
  <fieldset className={css.row} aria-label={label}>
    {paths.map((path) => (
      <button
        key={path}
        type="button"
        aria-pressed={path === chosen}
        onClick={() => onChoose(path)}
      >
        {path}
      </button>
    ))}
    {children}
  </fieldset>
);
