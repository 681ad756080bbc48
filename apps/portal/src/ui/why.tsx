// Answer first, evidence below, next step last: why something is not well.
import type { ReactNode } from "react";
import { formatClock, formatMoment } from "../text/format.ts";
import { useText } from "../text/text.ts";
import { Glyph } from "./glyph.tsx";
import css from "./why.module.css";

export interface WhyFact {
  readonly at: number | null;
  readonly ok: boolean;
  readonly text: string;
}

export const Why = ({
  question,
  answer,
  facts,
  tone,
  now,
  step,
  actions,
}: {
  readonly question: string;
  readonly answer: string;
  readonly facts: readonly WhyFact[];
  readonly tone: "warn" | "bad" | "calm";
  readonly now: number;
  readonly step: string;
  readonly actions?: ReactNode;
}) => {
  const t = useText();
  const shape = ({ warn: "triangle", bad: "square", calm: "clock" } as const)[tone];
  return (
    <section className={css.why} aria-label={question}>
      <p className={css.question}>{question}</p>
      <h2 className={css.answer}>{answer}</h2>
      {facts.length > 0 && (
        <ol className={css.facts}>
          {facts.map((fact) => (
            <li key={`${fact.at} ${fact.text}`}>
              <Glyph shape={fact.ok ? "tick" : shape} tone={fact.ok ? "ok" : tone} size={17} />
              <span className="hidden-visually">{t(fact.ok ? "why.holds" : "why.fails")}</span>
              <span>{fact.text}</span>
              {fact.at !== null && (
                <time dateTime={new Date(fact.at).toISOString()} title={formatMoment(fact.at)}>
                  {formatClock(fact.at, now, true)}
                </time>
              )}
            </li>
          ))}
        </ol>
      )}
      <div className={css.step}>
        <p>{step}</p>
        {actions && <div className={css.actions}>{actions}</div>}
      </div>
    </section>
  );
};
