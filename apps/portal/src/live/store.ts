// Values by key, each with its own listeners: a row renders when its own key changes, and no other row does.
import { useCallback, useSyncExternalStore } from "react";

export interface LiveStore<Value> {
  get(key: string): Value | undefined;
  put(key: string, value: Value): void;
  remove(key: string): void;
  clear(): void;
  subscribe(key: string, listener: () => void): () => void;
}

export const createLiveStore = <Value>(): LiveStore<Value> => {
  const values = new Map<string, Value>();
  const listeners = new Map<string, Set<() => void>>();
  const tell = (key: string) => {
    for (const listener of listeners.get(key) ?? []) listener();
  };
  return {
    get: (key) => values.get(key),
    put(key, value) {
      if (Object.is(values.get(key), value)) return;
      values.set(key, value);
      tell(key);
    },
    remove(key) {
      if (values.delete(key)) tell(key);
    },
    clear() {
      values.clear();
      for (const key of listeners.keys()) tell(key);
    },
    subscribe(key, listener) {
      const set = listeners.get(key) ?? new Set();
      listeners.set(key, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(key);
      };
    },
  };
};

/** The live value of a key, or `undefined` until there is one. */
export const useLive = <Value>(store: LiveStore<Value>, key: string): Value | undefined => {
  const subscribe = useCallback(
    (listener: () => void) => store.subscribe(key, listener),
    [store, key],
  );
  return useSyncExternalStore(subscribe, () => store.get(key));
};
