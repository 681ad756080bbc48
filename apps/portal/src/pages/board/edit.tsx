// Name, description and position of a board. A change made meanwhile by somebody else is refused, not overwritten.
import { type FormEvent, useId, useState } from "react";
import type { Board } from "../../live/contract.ts";
import { showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { showToast } from "../../ui/toast.tsx";
import { useUpdate } from "./queries.ts";

interface Draft {
  name: string;
  description: string;
  address: string;
  latitude: string;
  longitude: string;
}

const draftOf = ({ name, description, location }: Board): Draft => ({
  name,
  description,
  address: location?.address ?? "",
  latitude: location ? String(location.latitude) : "",
  longitude: location ? String(location.longitude) : "",
});

/** A draft's position: null for none, `undefined` for one that is not a position. */
const locationOf = (draft: Draft, board: Board): Board["location"] | undefined => {
  if (draft.latitude === "" && draft.longitude === "") return null;
  const latitude = Number(draft.latitude.replace(",", "."));
  const longitude = Number(draft.longitude.replace(",", "."));
  if (draft.latitude === "" || draft.longitude === "") return undefined;
  if (!(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 180)) return undefined;
  const address = draft.address.trim();
  const moved = board.location?.latitude !== latitude || board.location?.longitude !== longitude;
  return {
    latitude,
    longitude,
    ...(address ? { address } : {}),
    // What was measured belongs to the place that was measured.
    ...(!moved && board.location?.altitudeM !== undefined
      ? { altitudeM: board.location.altitudeM }
      : {}),
    ...(!moved && board.location?.accuracyM !== undefined
      ? { accuracyM: board.location.accuracyM }
      : {}),
  };
};

export const EditDialog = ({
  board,
  onClose,
}: {
  readonly board: Board;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const id = useId();
  const update = useUpdate(board.uuid);
  const [base] = useState(board);
  const [draft, setDraft] = useState(() => draftOf(board));
  const location = locationOf(draft, base);
  const set = (key: keyof Draft) => (event: { target: { value: string } }) =>
    setDraft({ ...draft, [key]: event.target.value });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (location === undefined) return;
    update.mutate(
      {
        rev: base.rev,
        description: draft.description,
        location,
        ...(draft.name.trim() === base.name ? {} : { name: draft.name.trim() }),
      },
      {
        onSuccess: () => {
          showToast({ tone: "ok", title: t("edit.saved", { name: draft.name.trim() }) });
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      title={t("edit.title", { name: base.name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button kind="primary" submit form={id} busy={update.isPending}>
            {t("do.save")}
          </Button>
        </>
      }
    >
      <form id={id} className={form.form} onSubmit={submit}>
        <Field
          label={t("boards.name")}
          required
          maxLength={63}
          value={draft.name}
          onChange={set("name")}
          error={update.error ? showProblem(update.error).sentence : null}
        />
        <Field
          label={t("edit.description")}
          maxLength={1_000}
          value={draft.description}
          onChange={set("description")}
        />
        <Field
          label={t("edit.address")}
          maxLength={200}
          value={draft.address}
          onChange={set("address")}
        />
        <div className={form.pair}>
          <Field
            label={t("edit.latitude")}
            inputMode="decimal"
            value={draft.latitude}
            onChange={set("latitude")}
            placeholder="38.1938"
            error={location === undefined ? t("edit.not-position") : null}
          />
          <Field
            label={t("edit.longitude")}
            inputMode="decimal"
            value={draft.longitude}
            onChange={set("longitude")}
            placeholder="15.5540"
          />
        </div>
        {"geolocation" in navigator && (
          <Button
            icon="pin"
            onClick={() =>
              navigator.geolocation.getCurrentPosition(({ coords }) =>
                setDraft({
                  ...draft,
                  latitude: coords.latitude.toFixed(6),
                  longitude: coords.longitude.toFixed(6),
                }),
              )
            }
          >
            {t("edit.here")}
          </Button>
        )}
      </form>
    </Dialog>
  );
};
