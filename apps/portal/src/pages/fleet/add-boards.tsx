// Puts boards into a fleet, one after another, as they are found by a text.
import { useDeferredValue, useState } from "react";
import type { Board, Fleet } from "../../live/contract.ts";
import { useBoardChoices, useJoin } from "../../live/fleets.ts";
import { showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Check, Field } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { Failure, Loading } from "../../ui/notice.tsx";
import { StateGlyph } from "../../ui/state.tsx";
import css from "./fleet.module.css";

const Choice = ({
  board,
  fleet,
  primary,
}: {
  readonly board: Board;
  readonly fleet: Fleet;
  readonly primary: boolean;
}) => {
  const t = useText();
  const join = useJoin();
  const isIn = join.isSuccess || board.fleets.some(({ uuid }) => uuid === fleet.uuid);
  return (
    <li className={css.choice}>
      <StateGlyph state={board.status} size={13} />
      <span>{board.name}</span>
      {isIn ? (
        <span className={css.in}>{t("fleet.is-in")}</span>
      ) : (
        <Button
          changes
          busy={join.isPending}
          aria-label={t("fleet.add-one", { name: board.name })}
          onClick={() =>
            join.mutate({
              board: board.uuid,
              fleet: fleet.uuid,
              ...(primary ? { priority: 0 } : {}),
            })
          }
        >
          {t("do.add")}
        </Button>
      )}
      {join.error && <p role="alert">{showProblem(join.error).sentence}</p>}
    </li>
  );
};

export const AddBoardsDialog = ({
  fleet,
  project,
  onClose,
}: {
  readonly fleet: Fleet;
  readonly project: string;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const [text, setText] = useState("");
  const [primary, setPrimary] = useState(true);
  const found = useBoardChoices(project, useDeferredValue(text.trim()));
  return (
    <Dialog
      title={t("fleet.add-to", { name: fleet.name })}
      onClose={onClose}
      foot={<Button onClick={onClose}>{t("do.close")}</Button>}
    >
      <div className={form.form}>
        <Field
          label={t("boards.filter")}
          type="search"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Check
          label={t("fleet.as-primary")}
          hint={t("fleet.as-primary-hint")}
          checked={primary}
          onChange={(event) => setPrimary(event.target.checked)}
        />
        {found.isError && <Failure error={found.error} />}
        {found.isPending && <Loading rows={4} />}
        {found.data?.length === 0 && <p>{t("boards.no-match")}</p>}
        <ul className={css.choices}>
          {found.data?.map((board) => (
            <Choice key={board.uuid} board={board} fleet={fleet} primary={primary} />
          ))}
        </ul>
      </div>
    </Dialog>
  );
};
