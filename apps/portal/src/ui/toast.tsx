// Short answers to what somebody just did, at the edge of the page; read aloud, gone by themselves unless they are bad news.
import { useEffect, useSyncExternalStore } from "react";
import { useText } from "../text/text.ts";
import { IconButton } from "./button.tsx";
import { Glyph } from "./glyph.tsx";
import css from "./toast.module.css";

/** Long enough to read two lines. */
const TOAST_MS = 6_000;
/** More than this at once nobody reads: the oldest goes. */
const MAX_TOASTS = 4;

export interface Toast {
  readonly id: number;
  readonly tone: "ok" | "bad" | "busy" | "calm";
  readonly title: string;
  readonly detail?: string | undefined;
}

const listeners = new Set<() => void>();
let toasts: readonly Toast[] = [];
let nextId = 1;

const change = (next: readonly Toast[]) => {
  toasts = next.slice(-MAX_TOASTS);
  for (const listener of listeners) listener();
};

/** Shows a toast, or replaces the one with the id that an earlier call answered. */
export const showToast = (toast: Omit<Toast, "id">, replaces?: number): number => {
  const id = replaces ?? nextId++;
  const entry: Toast = { ...toast, id };
  const present = toasts.some((each) => each.id === id);
  change(present ? toasts.map((each) => (each.id === id ? entry : each)) : [...toasts, entry]);
  return id;
};

const closeToast = (id: number) => change(toasts.filter((toast) => toast.id !== id));

const ToastView = ({ toast }: { readonly toast: Toast }) => {
  const t = useText();
  useEffect(() => {
    if (toast.tone === "bad" || toast.tone === "busy") return;
    const timer = setTimeout(() => closeToast(toast.id), TOAST_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  const shape = ({ ok: "tick", bad: "square", busy: "ring", calm: "clock" } as const)[toast.tone];
  return (
    <div className={css.toast}>
      <Glyph shape={shape} tone={toast.tone} size={17} />
      <div>
        <p className={css.title}>{toast.title}</p>
        {toast.detail && <p className={css.detail}>{toast.detail}</p>}
      </div>
      <IconButton
        kind="quiet"
        icon="close"
        label={t("do.close")}
        onClick={() => closeToast(toast.id)}
      />
    </div>
  );
};

export const Toasts = () => {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className={css.toasts} role="status" aria-live="polite">
      {shown.map((toast) => (
        <ToastView key={toast.id} toast={toast} />
      ))}
    </div>
  );
};
