// The first of the three clocks: this page's own link to the cloud. When it is cut, the page says from when its values are.
import { useNow } from "../live/clock.ts";
import { useCutSince, useLink } from "../live/events.ts";
import { formatClock } from "../text/format.ts";
import { useText } from "../text/text.ts";
import { Glyph } from "../ui/glyph.tsx";
import { Notice } from "../ui/notice.tsx";
import css from "./link.module.css";

export const LinkMark = () => {
  const t = useText();
  const { state } = useLink();
  const live = state === "live";
  return (
    <span className={css.mark} role="status">
      <Glyph shape={live ? "disc" : "ring"} tone={live ? "ok" : "calm"} size={12} />
      <span className={css.word}>{t(`link.${state}`)}</span>
    </span>
  );
};

export const LinkNotice = () => {
  const t = useText();
  const now = useNow();
  const cutSince = useCutSince();
  if (cutSince === null) return null;
  return (
    <div className={css.notice}>
      <Notice tone="warn">
        {navigator.onLine
          ? t("link.stale", { at: formatClock(cutSince, now, true) })
          : t("link.no-network", { at: formatClock(cutSince, now, true) })}
      </Notice>
    </div>
  );
};
