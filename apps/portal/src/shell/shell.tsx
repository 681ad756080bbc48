// The frame: navigation, bar, the page within. It keeps the event socket and the session; it knows nothing of any page.
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { openProject } from "../live/api.ts";
import { layBoard } from "../live/boards.ts";
import { useCutSince, useEventSocket, useTopic } from "../live/events.ts";
import { SessionProvider, useSessionEnded, useSessionQuery } from "../live/session.ts";
import { useText } from "../text/text.ts";
import { ChangesOff } from "../ui/changes.ts";
import { Icon } from "../ui/icon.tsx";
import { Bar } from "./bar.tsx";
import { NotFound } from "./faults.tsx";
import { Keys } from "./keys.tsx";
import { LinkNotice } from "./link.tsx";
import { Navigation } from "./navigation.tsx";
import { Palette } from "./palette.tsx";
import { ProjectMenu } from "./project-menu.tsx";
import { useAbout } from "./queries.ts";
import css from "./shell.module.css";
import { SignInAgain } from "./sign-in-again.tsx";

/** Counts follow changes at most this often. */
const COUNT_REFRESH_MS = 2_000;

/** Lays every change of a board over what pages have read, and keeps the counts. */
const useLiveBoards = (project: string) => {
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useTopic("boards", project, (data, kind) => {
    for (const board of data.changed) layBoard(board);
    if (kind === "snapshot" && data.changed.length === 0) {
      // After a break nobody knows what was missed: read again what is shown.
      void queries.invalidateQueries({ queryKey: ["boards", project] });
      return;
    }
    if (timer.current) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void queries.invalidateQueries({ queryKey: ["boards", project, "counts"] });
    }, COUNT_REFRESH_MS);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
};

const Frame = ({ project }: { readonly project: string }) => {
  const t = useText();
  const about = useAbout().data;
  const cut = useCutSince() !== null;
  useEventSocket();
  useLiveBoards(project);
  return (
    <div className={css.frame} data-cut={cut || undefined}>
      <a className={css.skip} href="#main">
        {t("shell.skip")}
      </a>
      <aside className={css.side}>
        <div className={css.brand}>
          <span className={css.logo}>
            <Icon name="layers" size={22} />
          </span>
          <span className={css.brandName}>Stack4Things</span>
        </div>
        <div className={css.project}>
          <ProjectMenu project={project} />
        </div>
        <Navigation project={project} />
        {about && (
          <p className={css.release}>
            <span>{about.name}</span>
            <span>{about.release}</span>
          </p>
        )}
      </aside>
      <div className={css.main}>
        <Bar project={project} />
        <LinkNotice />
        <main id="main" tabIndex={-1} className={css.content}>
          <ChangesOff value={cut ? t("board.cut-off") : null}>
            <Outlet />
          </ChangesOff>
        </main>
      </div>
      <Palette project={project} />
      <Keys project={project} />
    </div>
  );
};

export const Shell = () => {
  const { project } = useParams({ from: "/$project" });
  const session = useSessionQuery().data;
  const ended = useSessionEnded();
  openProject(project);
  if (!session) return null;
  const known =
    session.user.admin ||
    session.projects.some(({ name, uuid }) => name === project || uuid === project);
  return (
    <SessionProvider value={session}>
      {known ? <Frame key={project} project={project} /> : <NotFound />}
      {ended && <SignInAgain name={session.user.name} />}
    </SessionProvider>
  );
};
