// The command palette: boards, pages, looks. It opens things; it never changes a board by Enter alone.
import { useNavigate } from "@tanstack/react-router";
import {
  type KeyboardEvent,
  useDeferredValue,
  useEffect,
  useId,
  useState,
  useSyncExternalStore,
} from "react";
import { useText } from "../text/text.ts";
import { setTheme, themes } from "../theme/theme.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { useOfferedCommands } from "../ui/page-commands.ts";
import { StateGlyph } from "../ui/state.tsx";
import { openKeys } from "./keys.tsx";
import { usePages } from "./navigation.tsx";
import css from "./palette.module.css";
import { useFoundBoards } from "./queries.ts";

const listeners = new Set<() => void>();
let open = false;
const setOpen = (next: boolean) => {
  open = next;
  for (const listener of listeners) listener();
};
export const openPalette = (): void => setOpen(true);

interface Choice {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  readonly icon?: IconName;
  readonly state?: string;
  readonly run: () => void;
}

const useChoices = (project: string, text: string): readonly Choice[] => {
  const t = useText();
  const navigate = useNavigate();
  const offered = useOfferedCommands().map((command) => ({ ...command, group: t("palette.do") }));
  const found = useFoundBoards(project, useDeferredValue(text.trim()));
  const matches = (label: string) => label.toLowerCase().includes(text.trim().toLowerCase());
  const pages = usePages()
    .flatMap(({ entries }) => entries)
    .map((entry) => ({
      id: entry.to,
      group: t("palette.go"),
      label: t(entry.word),
      icon: entry.icon,
      run: () => void navigate({ to: entry.to, params: { project } }),
    }));
  const looks = themes.map((theme) => ({
    id: `theme-${theme}`,
    group: t("palette.do"),
    label: `${t("look.theme")}: ${t(`theme.${theme}`)}`,
    icon: "sun" as const,
    run: () => setTheme(theme),
  }));
  const enrol = {
    id: "enrol",
    group: t("palette.do"),
    label: t("do.enrol"),
    icon: "plus" as const,
    run: () => void navigate({ to: "/$project/enrol", params: { project } }),
  };
  const help = {
    id: "keys",
    group: t("palette.help"),
    label: t("keys.title"),
    icon: "board" as const,
    run: openKeys,
  };
  const boards = (text.trim() ? (found.data?.items ?? []) : []).map((board) => ({
    id: board.uuid,
    group: t("nav.boards"),
    label: board.name,
    state: board.status,
    run: () =>
      void navigate({ to: "/$project/boards/$board", params: { project, board: board.uuid } }),
  }));
  return [
    ...boards,
    ...[...pages, ...offered, enrol, ...looks, help].filter(({ label }) => matches(label)),
  ];
};

const Open = ({ project }: { readonly project: string }) => {
  const t = useText();
  const id = useId();
  const [text, setText] = useState("");
  const [wanted, setAt] = useState(0);
  const choices = useChoices(project, text);
  const at = Math.min(wanted, choices.length - 1);
  const run = (choice: Choice | undefined) => {
    if (!choice) return;
    setOpen(false);
    choice.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const next = (at + step + choices.length) % Math.max(1, choices.length);
      setAt(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      // Else the same key press would go on to whatever the command opens, and answer it.
      event.preventDefault();
      run(choices[at]);
    }
  };
  return (
    <Dialog title={t("palette.open")} bare onClose={() => setOpen(false)}>
      <div className={css.field}>
        <Icon name="search" />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={choices.length > 0 ? `${id}-${at}` : undefined}
          aria-label={t("palette.open")}
          placeholder={t("palette.placeholder")}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={id} role="listbox" aria-label={t("palette.open")} className={css.list}>
        {choices.map((choice, index) => (
          <div key={choice.id} role="presentation">
            {choice.group !== choices[index - 1]?.group && (
              <p className={css.group} role="presentation">
                {choice.group}
              </p>
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: keys are the input's */}
            {/* biome-ignore lint/a11y/useFocusableInteractive: see above */}
            <div
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at}
              className={css.option}
              onClick={() => run(choice)}
            >
              {choice.state ? (
                <StateGlyph state={choice.state} size={16} />
              ) : (
                choice.icon && <Icon name={choice.icon} size={17} />
              )}
              <span>{choice.label}</span>
            </div>
          </div>
        ))}
        {choices.length === 0 && <p className={css.none}>{t("palette.none", { text })}</p>}
      </div>
    </Dialog>
  );
};

export const Palette = ({ project }: { readonly project: string }) => {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => open,
  );
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      setOpen(!open);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return shown ? <Open project={project} /> : null;
};
