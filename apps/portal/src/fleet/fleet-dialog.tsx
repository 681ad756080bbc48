// Makes a fleet, or changes what it is called and about.
import { type FormEvent, useId, useState } from "react";
import type { Fleet } from "../live/contract.ts";
import { useChangeFleet, useCreateFleet } from "../live/fleets.ts";
import { showProblem } from "../text/problem.ts";
import { useText } from "../text/text.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import form from "../ui/form.module.css";

export const FleetDialog = ({
  fleet,
  onClose,
}: {
  /** The one that is changed; none: a new one. */
  readonly fleet: Fleet | null;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const id = useId();
  const create = useCreateFleet();
  const change = useChangeFleet();
  const [name, setName] = useState(fleet?.name ?? "");
  const [description, setDescription] = useState(fleet?.description ?? "");
  const error = create.error ?? change.error;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const draft = { name: name.trim(), description };
    if (fleet) change.mutate({ fleet, ...draft }, { onSuccess: onClose });
    else create.mutate(draft, { onSuccess: onClose });
  };
  return (
    <Dialog
      title={fleet ? t("edit.title", { name: fleet.name }) : t("fleet.new")}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button kind="primary" submit form={id} busy={create.isPending || change.isPending}>
            {fleet ? t("do.save") : t("do.create")}
          </Button>
        </>
      }
    >
      <form id={id} className={form.form} onSubmit={submit}>
        <Field
          label={t("boards.name")}
          required
          maxLength={63}
          autoComplete="off"
          value={name}
          error={error ? showProblem(error).sentence : null}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label={t("form.optional", { name: t("edit.description") })}
          maxLength={1_000}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
      </form>
    </Dialog>
  );
};
