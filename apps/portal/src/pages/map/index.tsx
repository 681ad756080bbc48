// Boards on a map, and the same boards as a list beside it: the list is the map's equal for whoever does not see it.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { liveBoards } from "../../live/boards.ts";
import { useNow } from "../../live/clock.ts";
import type { Board } from "../../live/contract.ts";
import { useCutSince } from "../../live/events.ts";
import { MapCanvas } from "../../map/map-canvas.tsx";
import type { MapBoard, MapView } from "../../map/view.ts";
import { toMs } from "../../text/format.ts";
import { useText } from "../../text/text.ts";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { State } from "../../ui/state.tsx";
import css from "./map.module.css";
import { MAX_MAP_BOARDS, useMapBoards } from "./queries.ts";

/** Rows of the list beside the map. */
const MAX_LIST_ROWS = 200;

const parseView = (at: string | undefined): MapView | null => {
  const [latitude, longitude, zoom] = (at ?? "").split(",").map(Number);
  return latitude !== undefined &&
    longitude !== undefined &&
    zoom !== undefined &&
    [latitude, longitude, zoom].every(Number.isFinite)
    ? { latitude, longitude, zoom: Math.min(18, Math.max(1, zoom)) }
    : null;
};
const printView = ({ latitude, longitude, zoom }: MapView) =>
  `${latitude.toFixed(4)},${longitude.toFixed(4)},${zoom.toFixed(2)}`;

/** Boards as they are now. The map is one picture, so it follows all of them, at most once a second. */
const useNowBoards = (boards: readonly Board[]): readonly Board[] => {
  const now = useNow();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the tick of the clock is what makes it read again
  return useMemo(() => boards.map((board) => liveBoards.get(board.uuid) ?? board), [boards, now]);
};

const placed = (boards: readonly Board[]): readonly MapBoard[] =>
  boards.flatMap(({ uuid, name, status, simulated, location }) =>
    location && status !== "retired"
      ? [
          {
            uuid,
            name,
            status,
            simulated,
            latitude: location.latitude,
            longitude: location.longitude,
          },
        ]
      : [],
  );

const Row = ({
  board,
  project,
  now,
  chosen,
}: {
  readonly board: Board;
  readonly project: string;
  readonly now: number;
  readonly chosen: boolean;
}) => {
  const t = useText();
  const cut = useCutSince() !== null;
  const since = toMs(board.why?.since ?? board.connectivity.since);
  return (
    <li data-chosen={chosen || undefined}>
      <Link to="/$project/boards/$board" params={{ project, board: board.uuid }}>
        <span className={css.name}>
          {board.name}
          {board.simulated && <small>{t("board.simulated")}</small>}
        </span>
        <State
          state={board.status}
          stale={cut}
          forMs={cut || board.status === "online" || since === null ? null : now - since}
        />
        {board.location?.address && <span className={css.address}>{board.location.address}</span>}
      </Link>
    </li>
  );
};

const FleetMap = ({ read, more }: { readonly read: readonly Board[]; readonly more: boolean }) => {
  const t = useText();
  const now = useNow();
  const navigate = useNavigate();
  const { project } = useParams({ from: "/$project/map" });
  const search = useSearch({ from: "/$project/map" });
  const boards = useNowBoards(read);
  const points = useMemo(() => placed(boards), [boards]);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [first] = useState(() => parseView(search.at));
  const listed =
    chosen.length > 0
      ? boards.filter(({ uuid }) => chosen.includes(uuid))
      : boards.filter(({ location }) => location);
  const unplaced = boards.length - points.length;
  return (
    <div className={css.page}>
      <div className={css.map}>
        {points.length === 0 ? (
          <EmptyState
            title={t("map.empty")}
            icon="map"
            action={
              <Link to="/$project/boards" params={{ project }}>
                {t("map.choose")}
              </Link>
            }
          >
            {t("map.empty-more")}
          </EmptyState>
        ) : (
          <MapCanvas
            label={t("map.label")}
            boards={points}
            view={first}
            chosen={chosen[0] ?? null}
            onView={(view) =>
              void navigate({
                to: ".",
                search: (previous) => ({ ...previous, at: printView(view) }),
                replace: true,
              })
            }
            onChoose={(cell) => setChosen(cell.map(({ uuid }) => uuid))}
          />
        )}
      </div>
      <section className={css.side} aria-label={t("nav.boards")}>
        <header>
          <h1>{t("nav.map")}</h1>
          <p>
            {t("map.shown", { count: points.length })}
            {unplaced > 0 && ` · ${t("map.unplaced", { count: unplaced })}`}
          </p>
          {more && <p>{t("map.limit", { count: MAX_MAP_BOARDS })}</p>}
        </header>
        <ul className={css.list}>
          {listed.slice(0, MAX_LIST_ROWS).map((board) => (
            <Row
              key={board.uuid}
              board={board}
              project={project}
              now={now}
              chosen={chosen.includes(board.uuid)}
            />
          ))}
        </ul>
      </section>
    </div>
  );
};

export const MapPage = () => {
  const { project } = useParams({ from: "/$project/map" });
  const { status } = useSearch({ from: "/$project/map" });
  const read = useMapBoards(project, status);
  if (read.isError) return <Failure error={read.error} onRetry={() => void read.refetch()} />;
  if (!read.data) return <Loading rows={8} />;
  return <FleetMap read={read.data.boards} more={read.data.more} />;
};
