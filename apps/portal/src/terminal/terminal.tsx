// A terminal on xterm: it shows bytes and tells what is typed. Where they come from is its owner's business.
import "@xterm/xterm/css/xterm.css";
import { FitAddon } from "@xterm/addon-fit";
import { type ITheme, Terminal as Xterm } from "@xterm/xterm";
import { useEffect, useEffectEvent, useRef } from "react";
import { colorOf, onThemeChange } from "../theme/theme.ts";
import { keepToPolicy } from "./document.ts";
import css from "./terminal.module.css";

/** Lines that can be scrolled back to: a long listing, at a few megabytes of memory. */
const SCROLLBACK_LINES = 5_000;
/** Text keeps this contrast to its ground, whatever colours a program chooses (WCAG 1.4.3). */
const LEAST_CONTRAST = 4.5;

const ansi = [
  ...["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"],
  ...["brightBlack", "brightRed", "brightGreen", "brightYellow"],
  ...["brightBlue", "brightMagenta", "brightCyan", "brightWhite"],
] as const;

const themeNow = (): ITheme => ({
  background: colorOf("--surface"),
  foreground: colorOf("--text"),
  cursor: colorOf("--accent"),
  cursorAccent: colorOf("--surface"),
  selectionBackground: colorOf("--code-match"),
  ...Object.fromEntries(ansi.map((name, i) => [name, colorOf(`--ansi-${i}`)])),
});

export interface TerminalHandle {
  readonly cols: number;
  readonly rows: number;
  write(bytes: Uint8Array | string, shown?: () => void): void;
  reset(): void;
  focus(): void;
}

export const Terminal = ({
  label,
  onReady,
  onInput,
  onResize,
}: {
  readonly label: string;
  /** The terminal is there, with its size. What it answers is called when it goes. */
  readonly onReady: (terminal: TerminalHandle) => () => void;
  readonly onInput: (text: string | Uint8Array) => void;
  readonly onResize: (cols: number, rows: number) => void;
}) => {
  const frame = useRef<HTMLDivElement>(null);
  const ready = useEffectEvent(onReady);
  const input = useEffectEvent(onInput);
  const resize = useEffectEvent(onResize);
  useEffect(() => {
    const parent = frame.current;
    if (!parent) return;
    const free = keepToPolicy();
    const made = new Xterm({
      fontFamily: getComputedStyle(parent).fontFamily,
      fontSize: 13,
      lineHeight: 1.25,
      cursorBlink: false,
      scrollback: SCROLLBACK_LINES,
      minimumContrastRatio: LEAST_CONTRAST,
      theme: themeNow(),
      // Links in output are somebody else's words: they open nothing.
      linkHandler: { activate() {} },
    });
    const fit = new FitAddon();
    made.loadAddon(fit);
    made.open(parent);
    made.textarea?.setAttribute("aria-label", label);
    fit.fit();
    made.attachCustomKeyEventHandler((event) => {
      if (event.type !== "keydown" || !event.ctrlKey || !event.shiftKey) return true;
      // The way out for the keyboard: everything else, Tab too, is the shell's.
      if (event.key === "F6") {
        made.blur();
        document.getElementById("main")?.focus();
        return false;
      }
      if (event.code === "KeyC" && made.hasSelection()) {
        event.preventDefault();
        void navigator.clipboard.writeText(made.getSelection());
        return false;
      }
      if (event.code === "KeyV") return false;
      return true;
    });
    made.onData((text) => input(text));
    made.onBinary((text) => input(Uint8Array.from(text, (c) => c.charCodeAt(0))));
    made.onResize(({ cols, rows }) => resize(cols, rows));
    const observer = new ResizeObserver(() => fit.fit());
    observer.observe(parent);
    const offTheme = onThemeChange(() => {
      made.options.theme = themeNow();
    });
    const leave = ready({
      get cols() {
        return made.cols;
      },
      get rows() {
        return made.rows;
      },
      write: (bytes, shown) => made.write(bytes, shown),
      reset: () => made.reset(),
      focus: () => made.focus(),
    });
    return () => {
      leave();
      offTheme();
      observer.disconnect();
      made.dispose();
      free();
    };
  }, [label]);
  return <div ref={frame} className={css.terminal} />;
};
