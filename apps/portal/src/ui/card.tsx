// A surface with a head: what pages are made of.
import type { ReactNode } from "react";
import css from "./card.module.css";

export const Card = ({
  title,
  aside,
  children,
  flush = false,
  label,
}: {
  readonly title?: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  /** Content reaches the edges, as tables do. */
  readonly flush?: boolean;
  /** Name for readers where there is no title. */
  readonly label?: string;
}) => (
  <section className={css.card} aria-label={title ?? label}>
    {(title || aside) && (
      <header className={css.head}>
        {title && <h2>{title}</h2>}
        {aside && <div className={css.aside}>{aside}</div>}
      </header>
    )}
    <div className={flush ? undefined : css.body}>{children}</div>
  </section>
);

/** Names and values, two columns. */
export const Facts = ({
  rows,
}: {
  readonly rows: readonly (readonly [name: string, value: ReactNode])[];
}) => (
  <dl className={css.facts}>
    {rows.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);
