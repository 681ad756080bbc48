/** A promise that others settle; the oldest Node of a board has no `Promise.withResolvers`. */
export interface Gate {
  readonly passed: Promise<void>;
  open(): void;
  refuse(error: unknown): void;
}

/** Makes one. What is refused before anybody waits is no unhandled rejection. */
export const createGate = (): Gate => {
  let open: () => void = () => {};
  let refuse: (error: unknown) => void = () => {};
  const passed = new Promise<void>((resolve, reject) => {
    open = resolve;
    refuse = reject;
  });
  passed.catch(() => {});
  return { passed, open, refuse };
};
