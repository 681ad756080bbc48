// What came of a call: the result and how long it took, or why there is none, with the plugin's own words.
import type { Operation } from "../live/contract.ts";
import { formatClock, formatMoment, formatNumber, toMs } from "../text/format.ts";
import { sentenceOf, showProblem } from "../text/problem.ts";
import { useText } from "../text/text.ts";
import { CopyButton } from "../ui/copy.tsx";
import { Glyph } from "../ui/glyph.tsx";
import { State } from "../ui/state.tsx";
import css from "./plugin.module.css";

export type Outcome =
  | { readonly operation: Operation; readonly tookMs: number }
  | { readonly error: unknown; readonly tookMs: number };

const asText = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "null");

/** The plugin's traceback, wherever the cloud put it. */
const tracebackOf = (...places: readonly unknown[]): string | null => {
  for (const place of places) {
    const found = (place as { traceback?: unknown } | null | undefined)?.traceback;
    if (typeof found === "string" && found.trim() !== "") return found;
  }
  return null;
};

const Block = ({ label, value }: { readonly label: string; readonly value: string }) => (
  <section className={css.block} aria-label={label}>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
    <pre tabIndex={0}>{value}</pre>
    <CopyButton value={value} />
  </section>
);

const Failed = ({
  code,
  sentence,
  traceback,
}: {
  readonly code: string;
  readonly sentence: string;
  readonly traceback: string | null;
}) => {
  const t = useText();
  return (
    <>
      <p className={css.failed} role="alert">
        <Glyph shape="square" tone="bad" size={16} />
        <span>
          {sentence} <code>{code}</code>
        </span>
      </p>
      {traceback && <Block label={t("plugin.traceback")} value={traceback} />}
    </>
  );
};

const Answer = ({ outcome }: { readonly outcome: Outcome }) => {
  const t = useText();
  if ("error" in outcome) {
    const { code, sentence } = showProblem(outcome.error);
    const details = (outcome.error as { details?: unknown } | null)?.details;
    return <Failed code={code} sentence={sentence} traceback={tracebackOf(details)} />;
  }
  const { operation } = outcome;
  const { problem, result } = operation;
  if (problem) {
    return (
      <Failed
        code={problem.code}
        sentence={sentenceOf(problem.code, problem.sentence)}
        traceback={tracebackOf(problem.details, result)}
      />
    );
  }
  if (operation.status !== "done") return <State state={operation.status} />;
  // The board wraps what the plugin returned: version and time of its own stand beside.
  const answered = result as { result?: unknown } | null;
  const value = answered && "result" in answered ? answered.result : result;
  return <Block label={t("plugin.result")} value={asText(value)} />;
};

export const CallResult = ({
  outcome,
  now,
}: {
  readonly outcome: Outcome;
  readonly now: number;
}) => {
  const t = useText();
  const operation = "operation" in outcome ? outcome.operation : null;
  const onBoard = (operation?.result as { tookMs?: unknown } | null)?.tookMs;
  const at = toMs(operation?.createdAt ?? null);
  const ms = (value: number) =>
    t("unit.ms", { n: formatNumber(value, value > 0 && value < 10 ? 1 : 0) });
  return (
    <section className={css.result} aria-label={t("plugin.result")} aria-live="polite">
      <p className={css.took}>
        {operation && <State state={operation.status} />}
        <span>{ms(outcome.tookMs)}</span>
        {typeof onBoard === "number" && (
          <span>{t("plugin.took-on-board", { took: ms(onBoard) })}</span>
        )}
        {at !== null && (
          <time dateTime={new Date(at).toISOString()} title={formatMoment(at)}>
            {formatClock(at, now, true)}
          </time>
        )}
      </p>
      <Answer outcome={outcome} />
    </section>
  );
};
