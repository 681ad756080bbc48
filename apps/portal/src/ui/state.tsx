// A state as glyph and word, everywhere the same. `was`: the last report of something whose board is not live.
import { formatSpan } from "../text/format.ts";
import { type TextKey, useText } from "../text/text.ts";
import { Glyph, type Shape, type Tone } from "./glyph.tsx";
import css from "./state.module.css";

interface Look {
  readonly shape: Shape;
  readonly tone: Tone;
  readonly word: TextKey;
}

const looks = {
  online: { shape: "disc", tone: "ok", word: "state.online" },
  degraded: { shape: "triangle", tone: "warn", word: "state.degraded" },
  offline: { shape: "square", tone: "bad", word: "state.offline" },
  asleep: { shape: "moon", tone: "calm", word: "state.asleep" },
  busy: { shape: "ring", tone: "busy", word: "state.busy" },
  new: { shape: "dashed", tone: "calm", word: "state.new" },
  unknown: { shape: "diamond", tone: "calm", word: "state.unknown" },
  retired: { shape: "bar", tone: "calm", word: "state.retired" },
  queued: { shape: "clock", tone: "calm", word: "state.queued" },
  running: { shape: "ring", tone: "busy", word: "state.running" },
  done: { shape: "tick", tone: "ok", word: "state.done" },
  failed: { shape: "square", tone: "bad", word: "state.failed" },
  denied: { shape: "barred", tone: "warn", word: "state.denied" },
  expired: { shape: "clock", tone: "calm", word: "state.expired" },
  canceled: { shape: "bar", tone: "calm", word: "state.canceled" },
  reached: { shape: "tick", tone: "ok", word: "state.reached" },
  waiting: { shape: "clock", tone: "calm", word: "state.waiting" },
  open: { shape: "disc", tone: "ok", word: "state.open" },
  closed: { shape: "bar", tone: "calm", word: "state.closed" },
  "plugin-preparing": { shape: "ring", tone: "busy", word: "state.plugin-preparing" },
  "plugin-ready": { shape: "tick", tone: "ok", word: "state.plugin-ready" },
  "plugin-running": { shape: "disc", tone: "ok", word: "state.plugin-running" },
  "plugin-stopping": { shape: "ring", tone: "busy", word: "state.plugin-stopping" },
  "plugin-failed": { shape: "triangle", tone: "warn", word: "state.plugin-failed" },
  active: { shape: "disc", tone: "ok", word: "state.active" },
  disabled: { shape: "bar", tone: "calm", word: "state.disabled" },
} as const satisfies Readonly<Record<string, Look>>;
export type StateName = keyof typeof looks;

const lookOf = (state: string): Look => looks[state as StateName] ?? looks.unknown;
export const toneOf = (state: string): Tone => lookOf(state).tone;
export const shapeOf = (state: string): Shape => lookOf(state).shape;

export const StateGlyph = ({ state, size }: { readonly state: string; readonly size?: number }) => {
  const { shape, tone } = lookOf(state);
  return <Glyph shape={shape} tone={tone} {...(size === undefined ? {} : { size })} />;
};

export const State = ({
  state,
  forMs,
  stale = false,
  pill = false,
}: {
  readonly state: string;
  /** How long it has been so. */
  readonly forMs?: number | null;
  readonly stale?: boolean;
  readonly pill?: boolean;
}) => {
  const t = useText();
  const { shape, tone, word } = lookOf(state);
  const worded =
    forMs === undefined || forMs === null
      ? t(word)
      : pill
        ? t("state.for", { state: t(word), span: formatSpan(forMs) })
        : `${t(word)} ${formatSpan(forMs)}`;
  return (
    <span className={pill ? css.pill : css.state} data-tone={stale ? "calm" : tone}>
      <Glyph shape={stale ? "clock" : shape} tone={stale ? "calm" : tone} size={pill ? 15 : 13} />
      <span className={css.word}>{stale ? t("state.was", { state: worded }) : worded}</span>
    </span>
  );
};
