// What the open page offers to the command palette. A command opens something or asks first; none changes a board by itself.
import { useEffect, useSyncExternalStore } from "react";
import type { IconName } from "./icon.tsx";

export interface PageCommand {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  readonly run: () => void;
}

const none: readonly PageCommand[] = [];
const listeners = new Set<() => void>();
let offered = none;
const offer = (next: readonly PageCommand[]) => {
  offered = next;
  for (const listener of listeners) listener();
};

/** Offers commands while the page is there. Those that may not be done now are left out by the page. */
export const useOfferCommands = (commands: readonly PageCommand[]): void => {
  const print = commands.map(({ id, label }) => `${id} ${label}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: what a command is called says whether it is another one
  useEffect(() => {
    offer(commands);
    return () => offer(none);
  }, [print]);
};

export const useOfferedCommands = (): readonly PageCommand[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => offered,
  );
