// The fleets of a board: its primary one first, the others by priority.
import { Link, useParams } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import type { Board } from "../../live/contract.ts";
import { useFleetChoices, useJoin, useLeave } from "../../live/fleets.ts";
import { refusalOf, showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Select } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { Icon } from "../../ui/icon.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Failure, Loading } from "../../ui/notice.tsx";
import css from "./fleets.module.css";

const JoinDialog = ({
  board,
  onClose,
}: {
  readonly board: Board;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const id = useId();
  const { project } = useParams({ from: "/$project/boards/$board" });
  const choices = useFleetChoices(project);
  const join = useJoin();
  const [chosen, setChosen] = useState<string>();
  const hasPrimary = board.fleets[0]?.priority === 0;
  const [priority, setPriority] = useState(hasPrimary ? "100" : "0");
  // One who sees several projects: a board is in fleets of its own.
  const fleets = choices.data?.filter((each) => each.project === board.project) ?? [];
  const fleet = fleets.find(({ uuid }) => uuid === chosen) ?? fleets[0];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!fleet) return;
    const wish = { board: board.uuid, fleet: fleet.uuid, priority: Number(priority) };
    join.mutate(wish, { onSuccess: onClose });
  };
  return (
    <Dialog
      title={t("fleet.join", { name: board.name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button
            kind="primary"
            submit
            form={id}
            busy={join.isPending}
            offBecause={fleet ? null : t("fleet.none")}
          >
            {t("do.add")}
          </Button>
        </>
      }
    >
      {choices.isError && <Failure error={choices.error} />}
      {choices.isPending && <Loading rows={2} />}
      {choices.isSuccess && (
        <form id={id} className={form.form} onSubmit={submit}>
          <Select
            label={t("fleet.one")}
            value={fleet?.uuid}
            onChange={(event) => setChosen(event.target.value)}
          >
            {fleets.map(({ uuid, name }) => (
              <option key={uuid} value={uuid}>
                {name}
              </option>
            ))}
          </Select>
          <Field
            label={t("fleet.priority")}
            hint={t("fleet.priority-hint")}
            type="number"
            required
            min={0}
            max={1_000}
            value={priority}
            error={join.error ? showProblem(join.error).sentence : null}
            onChange={(event) => setPriority(event.target.value)}
          />
        </form>
      )}
    </Dialog>
  );
};

export const FleetsCard = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const { project } = useParams({ from: "/$project/boards/$board" });
  const [joining, setJoining] = useState(false);
  const join = useJoin();
  const leave = useLeave();
  return (
    <Card
      title={t("nav.fleets")}
      aside={
        <Button offBecause={refusalOf(board, "join")} onClick={() => setJoining(true)}>
          {t("do.add")}
        </Button>
      }
    >
      {board.fleets.length === 0 && <p>{t("fleet.in-none")}</p>}
      <ul className={css.fleets}>
        {board.fleets.map(({ uuid, name, priority }) => (
          <li key={uuid}>
            <Link to="/$project/fleets/$fleet" params={{ project, fleet: uuid }}>
              {name}
            </Link>
            <span className={css.priority}>
              {priority === 0 ? t("fleet.primary") : t("fleet.priority-of", { n: priority })}
            </span>
            <Menu
              label={t("service.more", { name })}
              kind="bare"
              trigger={<Icon name="more" />}
              entries={[
                {
                  label: t("fleet.make-primary"),
                  icon: "layers",
                  offBecause: priority === 0 ? t("fleet.is-primary") : refusalOf(board, "join"),
                  onSelect: () => join.mutate({ board: board.uuid, fleet: uuid, priority: 0 }),
                },
                "line",
                {
                  label: t("fleet.take-out"),
                  icon: "archive",
                  offBecause: refusalOf(board, "join"),
                  onSelect: () => leave.mutate({ board: board.uuid, fleet: uuid }),
                },
              ]}
            />
          </li>
        ))}
      </ul>
      {joining && <JoinDialog board={board} onClose={() => setJoining(false)} />}
    </Card>
  );
};
