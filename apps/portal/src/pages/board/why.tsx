// Why a board is not well, and what to do now.
import { useNow } from "../../live/clock.ts";
import type { Board } from "../../live/contract.ts";
import { toMs } from "../../text/format.ts";
import { type TextKey, textOr, useText } from "../../text/text.ts";
import { toneOf } from "../../ui/state.tsx";
import { Why } from "../../ui/why.tsx";

export const BoardWhy = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const now = useNow();
  const code = board.why?.code ?? (board.status === "new" ? "never-seen" : "unknown");
  const tone = toneOf(board.status);
  const facts = (board.why?.facts ?? []).map(({ at, ok, code: fact, text }) => ({
    at: toMs(at),
    ok,
    text: textOr(`why.fact.${fact}`, text || fact, { text: text || "–" }),
  }));
  return (
    <Why
      question={t("why.question", { state: t(`state.${board.status}` as TextKey).toLowerCase() })}
      answer={textOr(`why.${code}`, t("why.unknown"))}
      facts={facts}
      tone={tone === "bad" || tone === "warn" ? tone : "calm"}
      now={now}
      step={textOr(`why.${code}.step`, t("why.unknown.step"))}
    />
  );
};
