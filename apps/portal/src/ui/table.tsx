// A plain table for lists of tens. Long lists take `GridTable`, which draws only what is in view.
import type { ReactNode } from "react";
import css from "./table.module.css";

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: "end";
  /** Left out on phones, where it is not needed to tell rows apart. */
  readonly minor?: boolean;
  readonly untitled?: boolean;
}

export const Table = <Row,>({
  label,
  columns,
  rows,
  keyOf,
}: {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, so the keyboard must reach it
  <fieldset className={css.scroll} aria-label={label} tabIndex={0}>
    <table className={css.table}>
      <thead>
        <tr>
          {columns.map(({ key, title, align, minor, untitled }) => (
            <th key={key} scope="col" data-align={align} data-minor={minor || undefined}>
              {untitled ? <span className="hidden-visually">{title}</span> : title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ key, cell, align, minor }) => (
              <td key={key} data-align={align} data-minor={minor || undefined}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </fieldset>
);
