// What a bulk operation would do: numbers first, then the first names, then what stands against it.
import type { Preview } from "../live/contract.ts";
import { formatNumber } from "../text/format.ts";
import { sentenceOf } from "../text/problem.ts";
import { useText } from "../text/text.ts";
import { StateGlyph } from "../ui/state.tsx";
import css from "./bulk.module.css";

const Names = ({ first, count }: { readonly first: readonly string[]; readonly count: number }) => (
  <p className={css.names}>
    {first.join(", ")}
    {count > first.length && ", …"}
  </p>
);

export const PreviewView = ({ preview }: { readonly preview: Preview }) => {
  const t = useText();
  return (
    <ul className={css.preview} aria-label={t("bulk.preview")}>
      {preview.effects.map(({ action, count, first }) => (
        <li key={action}>
          <StateGlyph state={action === "waits" ? "queued" : "done"} size={14} />
          <div>
            <strong>{t(action === "waits" ? "bulk.would-wait" : "bulk.would", { count })}</strong>
            <Names first={first} count={count} />
          </div>
        </li>
      ))}
      {preview.refusals.map(({ code, sentence, count, first }) => (
        <li key={code}>
          <StateGlyph state="denied" size={14} />
          <div>
            <strong>
              {formatNumber(count)}: {sentenceOf(code, sentence)}
            </strong>
            <Names first={first} count={count} />
          </div>
        </li>
      ))}
    </ul>
  );
};
