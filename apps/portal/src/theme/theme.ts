// The theme: system, light or dark, remembered in this browser; and colours as canvases need them.
import { useSyncExternalStore } from "react";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const key = "s4t.theme";
const listeners = new Set<() => void>();
let theme: Theme = "system";

const apply = () => {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
};

/** Reads the remembered theme and follows the system's. Call once, before the first paint. */
export const startTheme = (): void => {
  const stored = localStorage.getItem(key);
  theme = themes.find((known) => known === stored) ?? "system";
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"])
    matchMedia(query).addEventListener("change", apply);
  apply();
};

export const setTheme = (next: Theme): void => {
  theme = next;
  localStorage.setItem(key, next);
  apply();
};

/** Calls back when colours may have changed. */
export const onThemeChange = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useTheme = (): Theme => useSyncExternalStore(onThemeChange, () => theme);

/** A token's colour in force, in a form that a canvas takes (it knows neither `var()` nor `light-dark()`). */
export const colorOf = (token: `--${string}`): string => {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
};

/** What a style sheet made by script carries, so that the content security policy lets it in. */
export const nonceOfPage = (): string =>
  document.querySelector<HTMLMetaElement>("meta[name=s4t-nonce]")?.content ?? "";
