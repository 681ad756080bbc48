// Where a board is: a small map around it. The whole map is a page of its own.
import { lazy, Suspense, useState } from "react";
import type { Board } from "../../live/contract.ts";
import { formatCoordinates } from "../../text/format.ts";
import { refusalOf } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { EditDialog } from "./edit.tsx";
import css from "./location.module.css";

const MapCanvas = lazy(async () => ({
  default: (await import("../../map/map-canvas.tsx")).MapCanvas,
}));
/** Close enough that the coast is in view, far enough that the base map is honest about its detail. */
const SMALL_MAP_ZOOM = 9.5;

export const LocationCard = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const [editing, setEditing] = useState(false);
  const place = board.location;
  const edit = (
    <Button offBecause={refusalOf(board, "update")} onClick={() => setEditing(true)}>
      {place ? t("do.edit-place") : t("do.place")}
    </Button>
  );
  return (
    <Card label={t("location.title")} flush>
      {place ? (
        <div className={css.map}>
          <Suspense fallback={null}>
            <MapCanvas
              label={t("location.title")}
              boards={[
                {
                  uuid: board.uuid,
                  name: board.name,
                  status: board.status,
                  latitude: place.latitude,
                  longitude: place.longitude,
                  simulated: board.simulated,
                },
              ]}
              view={{ latitude: place.latitude, longitude: place.longitude, zoom: SMALL_MAP_ZOOM }}
              still
            />
          </Suspense>
          <div className={css.edit}>{edit}</div>
          <p className={css.position}>
            {formatCoordinates(place.latitude, place.longitude)}
            {place.accuracyM !== undefined && ` ±${Math.round(place.accuracyM)} m`}
          </p>
        </div>
      ) : (
        <EmptyState title={t("location.none")} icon="pin" action={edit} />
      )}
      {editing && <EditDialog board={board} onClose={() => setEditing(false)} />}
    </Card>
  );
};
