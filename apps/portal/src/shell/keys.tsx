// Keys that work on every page, and the list of all of them: ? opens it.
import { useNavigate } from "@tanstack/react-router";
import { useRef, useSyncExternalStore } from "react";
import { useText } from "../text/text.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Check } from "../ui/field.tsx";
import { setSingleKeys, useSingleKeys, useSingleKeysOn } from "../ui/single-keys.ts";
import css from "./keys.module.css";
import { usePages } from "./navigation.tsx";

/** The second letter of "g, then a page" comes within this time. */
const SEQUENCE_MS = 1_500;

const listeners = new Set<() => void>();
let open = false;
const setOpen = (next: boolean) => {
  open = next;
  for (const listener of listeners) listener();
};
export const openKeys = (): void => setOpen(true);

const KeyList = () => {
  const t = useText();
  const on = useSingleKeysOn();
  const pages = usePages().flatMap(({ entries }) => entries);
  const rows: readonly (readonly [keys: string, what: string])[] = [
    ["Ctrl K", t("keys.palette")],
    ...pages.map(({ key, word }) => [`g ${key}`, t("keys.go", { page: t(word) })] as const),
    ["/", t("keys.filter")],
    ["r", t("keys.refresh")],
    ["j k", t("keys.rows")],
    ["x", t("keys.tick")],
    ["Enter", t("keys.open")],
    ["[ ]", t("keys.sections")],
    ["Esc", t("keys.close")],
    ["?", t("keys.help")],
  ];
  return (
    <Dialog title={t("keys.title")} onClose={() => setOpen(false)}>
      <dl className={css.list}>
        {rows.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <Check
        label={t("keys.letters")}
        checked={on}
        onChange={(event) => setSingleKeys(event.target.checked)}
      />
    </Dialog>
  );
};

export const Keys = ({ project }: { readonly project: string }) => {
  const navigate = useNavigate();
  const pages = usePages().flatMap(({ entries }) => entries);
  const wentAt = useRef(0);
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => open,
  );
  useSingleKeys((key) => {
    const isSecond = performance.now() - wentAt.current < SEQUENCE_MS;
    wentAt.current = key === "g" ? performance.now() : 0;
    if (key === "?") openKeys();
    const page = isSecond ? pages.find((each) => each.key === key) : undefined;
    if (page) void navigate({ to: page.to, params: { project } });
    return key === "g" || key === "?" || page !== undefined;
  });
  return shown ? <KeyList /> : null;
};
