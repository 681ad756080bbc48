// How far a bulk operation is: a bar of its boards by state, and the numbers in words.
import type { Operation } from "../live/contract.ts";
import { formatNumber } from "../text/format.ts";
import { type TextKey, useText } from "../text/text.ts";
import css from "./progress.module.css";

type Parts = NonNullable<Operation["parts"]>;

const order = ["done", "failed", "unknown", "expired", "canceled", "running", "queued"] as const;

export const Progress = ({
  parts,
  words = false,
}: {
  readonly parts: Parts;
  readonly words?: boolean;
}) => {
  const t = useText();
  const shown = order.filter((state) => parts[state] > 0);
  const ended = parts.total - parts.queued - parts.running;
  return (
    <div className={css.progress}>
      <div
        className={css.bar}
        role="progressbar"
        aria-label={t("op.progress")}
        aria-valuemin={0}
        aria-valuemax={parts.total}
        aria-valuenow={ended}
      >
        {shown.map((state) => (
          <span key={state} data-state={state} style={{ flexGrow: parts[state] }} />
        ))}
      </div>
      <span className={css.numbers}>
        {words
          ? shown
              .map((state) => `${formatNumber(parts[state])} ${t(`state.${state}` as TextKey)}`)
              .join(" · ")
          : `${formatNumber(parts.done)} / ${formatNumber(parts.total)}`}
      </span>
    </div>
  );
};
