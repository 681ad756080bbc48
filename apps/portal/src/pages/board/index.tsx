// The page of one board: how it is and why first, evidence below.
import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { layBoard, useLiveBoard } from "../../live/boards.ts";
import { useNow } from "../../live/clock.ts";
import type { Board } from "../../live/contract.ts";
import { useCutSince, useTopic } from "../../live/events.ts";
import { formatClock, toMs } from "../../text/format.ts";
import { useText } from "../../text/text.ts";
import { Icon } from "../../ui/icon.tsx";
import { Failure, Loading, Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Tabs, tabClass } from "../../ui/tabs.tsx";
import { BoardActions } from "./actions.tsx";
import css from "./board.module.css";
import { Connectivity, DetailsCard } from "./details.tsx";
import { FleetsCard } from "./fleets.tsx";
import { LocationCard } from "./location.tsx";
import { boardKey, useBoard } from "./queries.ts";
import { SensorGrid, SensorPlots } from "./sensors.tsx";
import { SettingsCard } from "./settings.tsx";
import { Strip } from "./strip.tsx";
import { TargetCard } from "./target.tsx";
import { TimelineCard } from "./timeline.tsx";
import { BoardWhy } from "./why.tsx";

const PluginsSection = lazy(async () => ({
  default: (await import("./plugins/index.tsx")).PluginsSection,
}));
const ServicesSection = lazy(async () => ({
  default: (await import("./services/index.tsx")).ServicesSection,
}));
const ShellSection = lazy(async () => ({
  default: (await import("./shell/index.tsx")).ShellSection,
}));
const FilesSection = lazy(async () => ({
  default: (await import("./files/index.tsx")).FilesSection,
}));

const sections = [
  "overview",
  "sensors",
  "plugins",
  "services",
  "shell",
  "files",
  "target",
  "timeline",
  "details",
] as const;
type Section = (typeof sections)[number];

/** Its agent is the original's, which can do less than ours. */
const isOriginal = ({ agent }: Board): boolean => agent.kind === "original";
/** Sections of what such a board has not. */
const notOfOriginals: readonly Section[] = ["sensors", "shell", "files"];

const Head = ({ board }: { readonly board: Board }) => {
  const t = useText();
  return (
    <div className={css.about}>
      {board.location?.address && (
        <span>
          <Icon name="pin" size={16} /> {board.location.address}
        </span>
      )}
      {board.info && (
        <span>
          <Icon name="board" size={16} />{" "}
          {[board.info.model ?? board.info.hostname, board.info.arch].filter(Boolean).join(", ")}
        </span>
      )}
      {isOriginal(board) && <span className={css.chip}>{t("board.original")}</span>}
      {board.simulated && <span className={css.chip}>{t("board.simulated")}</span>}
      {Object.entries(board.labels).map(([name, value]) => (
        <span key={name} className={css.chip}>
          {value ? `${name}: ${value}` : name}
        </span>
      ))}
    </div>
  );
};

const sectionsOf = (board: Board): readonly Section[] =>
  isOriginal(board) ? sections.filter((each) => !notOfOriginals.includes(each)) : sections;

const Overview = ({ board }: { readonly board: Board }) => (
  <>
    <Strip board={board} />
    <div className={css.columns}>
      <div className={css.column}>
        {board.why !== null || !["online", "retired"].includes(board.status) ? (
          <BoardWhy board={board} />
        ) : null}
        {isOriginal(board) ? null : <SensorGrid board={board} />}
        <TargetCard board={board} />
      </div>
      <div className={css.column}>
        <LocationCard board={board} />
        <Connectivity board={board} />
        <FleetsCard board={board} />
        <TimelineCard board={board} limit={6} />
        <DetailsCard board={board} />
      </div>
    </div>
  </>
);

const content: Readonly<Record<Section, (board: Board) => React.ReactNode>> = {
  overview: (board) => <Overview board={board} />,
  sensors: (board) => <SensorPlots board={board} />,
  plugins: (board) => <PluginsSection board={board} />,
  services: (board) => <ServicesSection board={board} />,
  shell: (board) => <ShellSection board={board} />,
  files: (board) => <FilesSection board={board} />,
  target: (board) => (
    <div className={css.column}>
      <TargetCard board={board} />
      {isOriginal(board) ? null : <SettingsCard board={board} />}
    </div>
  ),
  timeline: (board) => <TimelineCard board={board} />,
  details: (board) => (
    <div className={css.columns}>
      <DetailsCard board={board} whole />
      <div className={css.column}>
        <LocationCard board={board} />
        <Connectivity board={board} />
      </div>
    </div>
  ),
};

const BoardView = ({ read, section }: { readonly read: Board; readonly section: Section }) => {
  const t = useText();
  const now = useNow();
  const { project } = useParams({ from: "/$project/boards/$board" });
  const board = useLiveBoard(read);
  const cut = useCutSince() !== null;
  const lastSeen = toMs(board.connectivity.lastSeenAt);
  const since = toMs(board.why?.since ?? board.connectivity.since);
  useEffect(() => {
    document.title = `${board.name} · Stack4Things`;
    return () => {
      document.title = "Stack4Things";
    };
  }, [board.name]);
  return (
    <Page
      title={board.name}
      beside={
        <State
          state={board.status}
          pill
          stale={cut}
          forMs={cut || board.status === "new" || since === null ? null : now - since}
        />
      }
      actions={<BoardActions board={board} />}
      below={<Head board={board} />}
    >
      <Tabs label={t("board.sections")}>
        {sectionsOf(board).map((each) => (
          <Link
            key={each}
            to="/$project/boards/$board"
            params={{ project, board: board.uuid }}
            search={each === "overview" ? {} : { section: each }}
            className={tabClass}
            aria-current={each === section ? "page" : undefined}
            activeOptions={{ exact: true, includeSearch: true }}
          >
            {t(`board.section.${each}`)}
          </Link>
        ))}
      </Tabs>
      {isOriginal(board) && <Notice>{t("board.original-limits")}</Notice>}
      {!board.connectivity.connected && lastSeen !== null && (
        <Notice>{t("board.values-from", { at: formatClock(lastSeen, now) })}</Notice>
      )}
      <Suspense fallback={<Loading rows={8} />}>{content[section](board)}</Suspense>
    </Page>
  );
};

export const BoardPage = () => {
  const t = useText();
  const queries = useQueryClient();
  const { project, board: uuid } = useParams({ from: "/$project/boards/$board" });
  const search = useSearch({ from: "/$project/boards/$board" });
  const section = sections.find((known) => known === search.section) ?? "overview";
  const read = useBoard(uuid);
  const id = read.data?.uuid;
  useTopic(id ? `board:${id}` : null, project, ({ board }) => {
    layBoard(board);
    for (const part of ["target", "timeline"])
      void queries.invalidateQueries({ queryKey: boardKey(uuid, part) });
  });
  if (read.isError)
    return (
      <Page title={t("connectivity.board")}>
        <Failure what={t("board.failed")} error={read.error} onRetry={() => void read.refetch()} />
      </Page>
    );
  if (!read.data)
    return (
      <Page title={<span className={css.unnamed}>…</span>}>
        <Loading rows={12} />
      </Page>
    );
  return <BoardView key={uuid} read={read.data} section={section} />;
};
