// A new enrolment for a board that is known already: earlier codes and its present key end when the new one is used.
import type { Board } from "../../live/contract.ts";
import { formatMoment } from "../../text/format.ts";
import { textOr, useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { CopyLine } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import form from "../../ui/form.module.css";
import { useRearm } from "./queries.ts";

export const EnrolmentDialog = ({
  board,
  onClose,
}: {
  readonly board: Board;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const rearm = useRearm(board.uuid);
  const made = rearm.data;
  return (
    <Dialog
      title={t("rearm.title", { name: board.name })}
      onClose={onClose}
      foot={
        made ? (
          <Button onClick={onClose}>{t("do.close")}</Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("do.cancel")}</Button>
            <Button changes kind="primary" busy={rearm.isPending} onClick={() => rearm.mutate()}>
              {t("do.rearm")}
            </Button>
          </>
        )
      }
    >
      {made ? (
        <div className={form.form}>
          <p>{t("enrol.once", { at: formatMoment(Date.parse(made.expiresAt)) })}</p>
          {made.commands.map(({ kind, command }) => (
            <div key={kind} className={form.form}>
              <h3>{textOr(`enrol.kind.${kind}`, kind)}</h3>
              <CopyLine value={command} />
            </div>
          ))}
        </div>
      ) : (
        <p>{t("rearm.effect")}</p>
      )}
    </Dialog>
  );
};
