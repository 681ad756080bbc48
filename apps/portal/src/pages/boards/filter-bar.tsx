// What narrows the list: a query and the states, each with its count. Keys: / goes to the text, r reads again.
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { readBoardQuery } from "../../live/contract.ts";
import { formatNumber } from "../../text/format.ts";
import { type TextKey, useText } from "../../text/text.ts";
import { IconButton } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { useSingleKeys } from "../../ui/single-keys.ts";
import { StateGlyph } from "../../ui/state.tsx";
import css from "./filter-bar.module.css";
import { QueryHelp, Suggestions } from "./query-help.tsx";

/** Typing becomes a request after this pause. */
const TYPING_MS = 250;

const toggled = (list: string, state: string): string | undefined => {
  const chosen = list.split(",").filter(Boolean);
  const next = chosen.includes(state)
    ? chosen.filter((each) => each !== state)
    : [...chosen, state];
  return next.join(",") || undefined;
};

interface FilterBarProps {
  readonly project: string;
  readonly q: string;
  readonly status: string;
  readonly states: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly onChange: (
    next: { q?: string | undefined; status?: string | undefined },
    replace?: boolean,
  ) => void;
  readonly onRefresh: () => void;
  readonly refreshing: boolean;
}

export const FilterBar = ({
  project,
  q,
  status,
  states,
  counts,
  onChange,
  onRefresh,
  refreshing,
}: FilterBarProps) => {
  const t = useText();
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(q);
  const [known, setKnown] = useState(q);
  // Back and Forward change the address: the field follows.
  if (known !== q) {
    setKnown(q);
    setTyped(q);
  }
  const { fault } = readBoardQuery(typed);
  const commit = useEffectEvent((value: string) => {
    if (value !== q && !readBoardQuery(value).fault) onChange({ q: value || undefined }, true);
  });
  useEffect(() => {
    const timer = setTimeout(() => commit(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  useSingleKeys((key) => {
    if (key === "r") onRefresh();
    if (key === "/") input.current?.focus();
    return key === "r" || key === "/";
  });
  const shown = states.filter(
    (state) => (counts[state] ?? 0) > 0 || status.split(",").includes(state),
  );
  return (
    <search className={css.bar}>
      <label className={css.text}>
        <Icon name="search" size={17} />
        <span className="hidden-visually">{t("boards.filter")}</span>
        <input
          ref={input}
          type="search"
          placeholder={t("boards.filter")}
          value={typed}
          aria-keyshortcuts="/"
          aria-invalid={fault ? true : undefined}
          aria-describedby={fault ? "query-fault" : undefined}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      <QueryHelp />
      <div className={css.states}>
        {shown.map((state) => (
          <button
            key={state}
            type="button"
            className={css.state}
            aria-pressed={status.split(",").includes(state)}
            onClick={() => onChange({ status: toggled(status, state) })}
          >
            <StateGlyph state={state} size={13} />
            <span>{t(`state.${state}` as TextKey)}</span>
            <span className={css.count}>{formatNumber(counts[state] ?? 0)}</span>
          </button>
        ))}
      </div>
      <IconButton
        kind="quiet"
        icon="refresh"
        label={t("do.refresh")}
        busy={refreshing}
        onClick={onRefresh}
        aria-keyshortcuts="r"
      />
      <Suggestions
        project={project}
        typed={typed}
        onTake={(next) => {
          setTyped(next);
          input.current?.focus();
        }}
      />
      {fault && typed === typed.trimEnd() && (
        <p id="query-fault" className={css.fault} role="status">
          {t("query.fault", { at: fault.at + 1, because: fault.because })}
        </p>
      )}
    </search>
  );
};
