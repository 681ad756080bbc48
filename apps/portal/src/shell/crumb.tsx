// Where the page is: the list that a board belongs to, and on phones the way back to it.
import { Link, useParams } from "@tanstack/react-router";
import { liveBoards } from "../live/boards.ts";
import { useLive } from "../live/store.ts";
import { useText } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import css from "./crumb.module.css";

/** The board whose page is open, or null on every other page. */
export const useOpenBoard = (): string | null => useParams({ strict: false }).board ?? null;

export const Crumb = ({ project, board }: { readonly project: string; readonly board: string }) => {
  const t = useText();
  const name = useLive(liveBoards, board)?.name;
  return (
    <nav className={css.crumb} aria-label={t("crumb.label")}>
      <Link to="/$project/boards" params={{ project }}>
        <span className={css.back}>
          <Icon name="left" size={20} />
        </span>
        {t("nav.boards")}
      </Link>
      {name !== undefined && (
        <span className={css.here}>
          <span aria-hidden="true">/</span>
          <strong aria-current="page">{name}</strong>
        </span>
      )}
    </nav>
  );
};
