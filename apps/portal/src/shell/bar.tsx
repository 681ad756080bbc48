// The bar above every page: search, state of the link, theme and language, the person.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { signOut, useSession } from "../live/session.ts";
import { currentLanguage, languages, setLanguage, useText } from "../text/text.ts";
import { setTheme, themes, useTheme } from "../theme/theme.ts";
import { Icon } from "../ui/icon.tsx";
import { Menu } from "../ui/menu.tsx";
import css from "./bar.module.css";
import { Crumb, useOpenBoard } from "./crumb.tsx";
import { LinkMark } from "./link.tsx";
import { openPalette } from "./palette.tsx";
import { ProjectMenu } from "./project-menu.tsx";

const initials = (name: string) =>
  name
    .split(/[\s._-]+/)
    .map((part) => part[0] ?? "")
    .join("")
    .slice(0, 2)
    .toUpperCase();

const PersonMenu = () => {
  const t = useText();
  const session = useSession();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const leave = useMutation({
    mutationFn: signOut,
    onSettled: async () => {
      await navigate({ to: "/sign-in" });
      queries.clear();
    },
  });
  if (!session) return null;
  return (
    <Menu
      label={`${initials(session.user.name)}: ${t("person.menu", { name: session.user.name })}`}
      kind="bare"
      head={
        <>
          <strong>{session.user.name}</strong>
          {session.user.admin && <p>{t("person.admin")}</p>}
        </>
      }
      trigger={<span className={css.person}>{initials(session.user.name)}</span>}
      entries={[{ label: t("do.sign-out"), icon: "logout", onSelect: () => leave.mutate() }]}
    />
  );
};

export const Bar = ({ project }: { readonly project: string }) => {
  const t = useText();
  const theme = useTheme();
  const board = useOpenBoard();
  return (
    <header className={css.bar}>
      {board === null ? (
        <div className={css.phoneProject}>
          <ProjectMenu project={project} />
        </div>
      ) : (
        <Crumb project={project} board={board} />
      )}
      <button
        type="button"
        className={css.search}
        onClick={openPalette}
        aria-keyshortcuts="Control+K"
      >
        <Icon name="search" size={17} />
        <span className={css.searchWord}>{t("palette.open")}</span>
        <kbd>{t("palette.keys")}</kbd>
      </button>
      <LinkMark />
      <Menu
        label={t("look.menu")}
        kind="bare"
        trigger={<Icon name="sun" size={19} />}
        entries={[
          ...themes.map((each) => ({
            label: t(`theme.${each}`),
            chosen: each === theme,
            onSelect: () => setTheme(each),
          })),
          "line" as const,
          ...languages.map((each) => ({
            label: t(`language.${each}`),
            chosen: each === currentLanguage(),
            onSelect: () => void setLanguage(each),
          })),
        ]}
      />
      <PersonMenu />
    </header>
  );
};
