// Sections of a page, each with an address of its own.
import { type ReactNode, useEffect, useRef } from "react";
import { useSingleKeys } from "./single-keys.ts";
import css from "./tabs.module.css";

export const Tabs = ({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ReactNode;
}) => {
  const row = useRef<HTMLElement>(null);
  // A phone has room for four: the present one is always in view.
  useEffect(() => {
    const present = row.current?.querySelector<HTMLElement>("[aria-current]");
    if (row.current && present)
      row.current.scrollLeft =
        present.offsetLeft - (row.current.clientWidth - present.offsetWidth) / 2;
  });
  useSingleKeys((key) => {
    if (key !== "[" && key !== "]") return false;
    const links = [...(row.current?.querySelectorAll("a") ?? [])];
    const at = links.findIndex((link) => link.hasAttribute("aria-current"));
    links[at + (key === "[" ? -1 : 1)]?.click();
    return true;
  });
  return (
    <nav ref={row} className={css.tabs} aria-label={label}>
      {children}
    </nav>
  );
};
export const tabClass = css.tab;
