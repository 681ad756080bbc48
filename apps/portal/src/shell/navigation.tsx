// Navigation by task. An entry appears only where there is a page and the person may use it.
import { Link, useNavigate } from "@tanstack/react-router";
import { useCounts } from "../live/counts.ts";
import { useSession } from "../live/session.ts";
import { formatNumber } from "../text/format.ts";
import { useText } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import { Menu } from "../ui/menu.tsx";
import type { Entry } from "./entries/entry.ts";
import { groups } from "./entries/groups.ts";
import css from "./navigation.module.css";

/** Every page that this person has, in order: also what the palette offers. */
export const usePages = () => {
  const session = useSession();
  return groups.map(({ word, entries }) => ({
    word,
    entries: entries.filter(
      ({ action }) => action === null || (session?.actions.includes(action) ?? false),
    ),
  }));
};

/** The entries that phones keep behind one button. */
const More = ({
  project,
  entries,
}: {
  readonly project: string;
  readonly entries: readonly Entry[];
}) => {
  const t = useText();
  const navigate = useNavigate();
  if (entries.length === 0) return null;
  return (
    <div className={css.more}>
      <Menu
        label={t("nav.more")}
        kind="up"
        trigger={
          <span className={css.moreTrigger}>
            <Icon name="more" size={22} />
            {t("nav.more")}
          </span>
        }
        entries={entries.map(({ to, word, icon }) => ({
          label: t(word),
          icon,
          onSelect: () => void navigate({ to, params: { project } }),
        }))}
      />
    </div>
  );
};

export const Navigation = ({ project }: { readonly project: string }) => {
  const t = useText();
  const pages = usePages();
  const counts = useCounts(project).data;
  return (
    <nav className={css.nav} aria-label={t("nav.label")}>
      {pages.map(({ word, entries }) => (
        <div key={word} className={css.group}>
          <p className={css.groupName}>{t(word)}</p>
          {entries.map((entry) => (
            <Link
              key={entry.to}
              to={entry.to}
              params={{ project }}
              className={css.entry}
              data-minor={entry.minor ? "" : undefined}
              activeProps={{ "data-active": "", "aria-current": "page" } as object}
              title={t(entry.word)}
            >
              <Icon name={entry.icon} />
              <span className={css.word}>{t(entry.word)}</span>
              {entry.word === "nav.boards" && counts && (
                <span className={css.count}>{formatNumber(counts.total)}</span>
              )}
            </Link>
          ))}
        </div>
      ))}
      <More
        project={project}
        entries={pages.flatMap(({ entries }) => entries).filter(({ minor }) => minor)}
      />
    </nav>
  );
};
