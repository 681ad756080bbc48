// Boards that are ticked in the list: a set beside the rows, so that scrolling and reading again leave it as it is.
import { useSyncExternalStore } from "react";
import type { Board } from "../../live/contract.ts";
import { useMay } from "../../live/session.ts";
import { useText } from "../../text/text.ts";
import css from "./boards.module.css";

let ticked: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const become = (next: ReadonlySet<string>): void => {
  ticked = next;
  for (const listener of listeners) listener();
};

export const useTicked = (): ReadonlySet<string> => useSyncExternalStore(subscribe, () => ticked);

export const clearTicks = (): void => become(new Set());

export const toggleTick = ({ uuid }: Pick<Board, "uuid">): void => {
  const next = new Set(ticked);
  if (!next.delete(uuid)) next.add(uuid);
  become(next);
};

export const Tick = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const mayBulk = useMay("bulk.start");
  const isTicked = useSyncExternalStore(subscribe, () => ticked.has(board.uuid));
  if (!mayBulk) return null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the box within is what is used; a click beside it does not open the row
    // biome-ignore lint/a11y/useKeyWithClickEvents: x on the row ticks it
    <span className={css.tick} onClick={(event) => event.stopPropagation()}>
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={t("bulk.tick", { name: board.name })}
        checked={isTicked}
        onChange={() => toggleTick(board)}
      />
    </span>
  );
};
