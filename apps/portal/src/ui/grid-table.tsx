// A table of any length: an ARIA grid that draws only the rows in view, with one row in the tab order and keys to walk.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, type ReactNode, useEffect, useRef, useState } from "react";
import css from "./grid-table.module.css";
import { Icon } from "./icon.tsx";

/** Rows drawn beyond the view on each side: a flick of the wheel meets rows, not blanks. */
const OVERSCAN_ROWS = 20;
/** More rows are asked for when this few are left below. */
const LOAD_AHEAD_ROWS = 30;

export interface GridColumn {
  readonly key: string;
  readonly title: string;
  /** CSS grid track. */
  readonly width: string;
  readonly align?: "end";
  readonly minor?: boolean;
  /** The title is only read. */
  readonly untitled?: boolean;
  readonly sort?: {
    readonly direction: "ascending" | "descending" | null;
    readonly onSort: () => void;
  };
}

interface GridTableProps<Row> {
  readonly label: string;
  readonly columns: readonly GridColumn[];
  readonly rows: readonly Row[];
  /** Rows that there are in all, drawn or not. */
  readonly total: number;
  readonly keyOf: (row: Row) => string;
  /** Cells of a row, in the order of the columns. A component, so that it may follow live values. */
  readonly Cells: (props: { readonly row: Row }) => ReactNode;
  readonly onOpen: (row: Row) => void;
  /** Ticks a row, by the key x. */
  readonly onTick?: ((row: Row) => void) | undefined;
  readonly onNearEnd: () => void;
  readonly rowHeight: number;
}

const rowIndexFor = (key: string, at: number, last: number): number | null => {
  const page = 10;
  const moves: Readonly<Record<string, number>> = {
    j: at + 1,
    ArrowDown: at + 1,
    k: at - 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: last,
  };
  const next = moves[key];
  return next === undefined ? null : Math.min(last, Math.max(0, next));
};

const HeadCell = ({ column }: { readonly column: GridColumn }) => (
  // biome-ignore lint/a11y/useFocusableInteractive: the button within takes the focus
  // biome-ignore lint/a11y/useSemanticElements: rows are placed by script, which table elements do not allow
  <div
    role="columnheader"
    aria-sort={column.sort ? (column.sort.direction ?? "none") : undefined}
    data-align={column.align}
    data-minor={column.minor || undefined}
  >
    {column.sort ? (
      <button type="button" className={css.sort} onClick={column.sort.onSort}>
        {column.title}
        {column.sort.direction && (
          <Icon name={column.sort.direction === "ascending" ? "up" : "down"} size={14} />
        )}
      </button>
    ) : column.untitled ? (
      <span className="hidden-visually">{column.title}</span>
    ) : (
      column.title
    )}
  </div>
);

export const GridTable = <Row,>(props: GridTableProps<Row>) => {
  const { columns, rows, total, keyOf, onOpen, onTick, onNearEnd, rowHeight, label } = props;
  const Cells = memoized(props.Cells);
  const scroller = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN_ROWS,
  });
  const items = virtual.getVirtualItems();
  const lastDrawn = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastDrawn >= rows.length - LOAD_AHEAD_ROWS && rows.length < total) onNearEnd();
  }, [lastDrawn, rows.length, total, onNearEnd]);
  const focusRow = (index: number) => {
    setAt(index);
    virtual.scrollToIndex(index, { align: "auto" });
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-row="${index}"]`)?.focus(),
    );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!(event.target as HTMLElement).dataset.row) return;
    const row = rows[at];
    if (event.key === "Enter" && row) onOpen(row);
    if (event.key === "x" && row) onTick?.(row);
    const next = rowIndexFor(event.key, at, rows.length - 1);
    if (next === null) return;
    event.preventDefault();
    focusRow(next);
  };
  const tracksOf = (shown: readonly GridColumn[]) => shown.map(({ width }) => width).join(" ");
  const tracks = {
    "--tracks": tracksOf(columns),
    "--tracks-narrow": tracksOf(columns.filter(({ minor }) => !minor)),
  } as Record<string, string>;
  const reachable = Math.min(at, rows.length - 1);
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are placed by script, which table elements do not allow
    <div
      role="grid"
      tabIndex={-1}
      aria-label={label}
      aria-rowcount={total + 1}
      className={css.grid}
      style={tracks}
      onKeyDown={onKeyDown}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: its buttons take the focus */}
      <div role="row" aria-rowindex={1} className={css.headRow}>
        {columns.map((column) => (
          <HeadCell key={column.key} column={column} />
        ))}
      </div>
      <div ref={scroller} className={css.scroller} role="presentation">
        <div style={{ height: virtual.getTotalSize() }} className={css.space} role="presentation">
          {items.map(({ index, start }) => {
            const row = rows[index];
            return row === undefined ? null : (
              // biome-ignore lint/a11y/useSemanticElements: see above
              <div
                key={keyOf(row)}
                role="row"
                aria-rowindex={index + 2}
                data-row={index}
                tabIndex={index === reachable ? 0 : -1}
                className={css.row}
                style={{ transform: `translateY(${start}px)`, height: rowHeight }}
                onClick={() => onOpen(row)}
                onFocus={() => setAt(index)}
                onKeyDown={undefined}
              >
                <Cells row={row} />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
};

const cache = new WeakMap<object, unknown>();
/** One memoized form for each cell component, so that scrolling does not render rows again. */
const memoized = <Props extends object>(component: (props: Props) => ReactNode) => {
  const known = cache.get(component) as ((props: Props) => ReactNode) | undefined;
  if (known) return known;
  const made = memo(component) as unknown as (props: Props) => ReactNode;
  cache.set(component, made);
  return made;
};

/** A cell of a grid row. */
export const Cell = ({
  children,
  align,
  minor,
  main,
}: {
  readonly children: ReactNode;
  readonly align?: "end";
  readonly minor?: boolean;
  readonly main?: boolean;
}) => (
  // biome-ignore lint/a11y/useFocusableInteractive: the row takes the focus
  // biome-ignore lint/a11y/useSemanticElements: see the grid
  <div
    role="gridcell"
    className={css.cell}
    data-align={align}
    data-minor={minor || undefined}
    data-main={main || undefined}
  >
    {children}
  </div>
);
