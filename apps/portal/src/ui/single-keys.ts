// Single letters as keys: only outside of fields and dialogs, and whoever talks to their machine can turn them off
// (WCAG 2.1.4).
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

const storageKey = "s4t.letters";
const listeners = new Set<() => void>();

const areOn = (): boolean => localStorage.getItem(storageKey) !== "off";

export const setSingleKeys = (on: boolean): void => {
  localStorage.setItem(storageKey, on ? "on" : "off");
  for (const listener of listeners) listener();
};

export const useSingleKeysOn = (): boolean =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, areOn);

/** Hears single keys while the component is there. `onKey` says whether the key was its own. */
export const useSingleKeys = (onKey: (key: string) => boolean): void => {
  const hear = useEffectEvent((event: KeyboardEvent) => {
    const within = (event.target as HTMLElement).closest(
      "input, textarea, select, dialog, [contenteditable]",
    );
    if (within || event.ctrlKey || event.metaKey || event.altKey || !areOn()) return;
    if (onKey(event.key)) event.preventDefault();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => hear(event);
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
};
