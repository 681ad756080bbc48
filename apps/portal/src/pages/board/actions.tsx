// Actions on a board. What the person may do comes with the board; what needs a live board says so and offers to wait for it.
import { useState } from "react";
import type { Board, Operation } from "../../live/contract.ts";
import { refusalOf, sentenceOf, showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { useChangesOff } from "../../ui/changes.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Menu } from "../../ui/menu.tsx";
import { useOfferCommands } from "../../ui/page-commands.ts";
import { showToast } from "../../ui/toast.tsx";
import { EditDialog } from "./edit.tsx";
import { EnrolmentDialog } from "./enrolment.tsx";
import { type Command, useCommand, useRetire } from "./queries.ts";

const RetireDialog = ({
  board,
  onClose,
}: {
  readonly board: Board;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const retire = useRetire(board.uuid);
  const [typed, setTyped] = useState("");
  return (
    <Dialog
      title={t("retire.title", { name: board.name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button
            kind="danger"
            busy={retire.isPending}
            offBecause={typed === board.name ? null : t("retire.type-name")}
            onClick={() => retire.mutate(undefined, { onSuccess: onClose })}
          >
            {t("do.retire")}
          </Button>
        </>
      }
    >
      <p>{t("retire.lost")}</p>
      <br />
      <Field
        label={t("retire.type-name")}
        placeholder={board.name}
        autoComplete="off"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </Dialog>
  );
};

const RebootDialog = ({
  board,
  command,
  onRun,
  onClose,
}: {
  readonly board: Board;
  readonly command: Command;
  readonly onRun: () => void;
  readonly onClose: () => void;
}) => {
  const t = useText();
  return (
    <Dialog
      title={t(`confirm.${command as "restart" | "reboot"}`, { name: board.name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button
            kind="primary"
            onClick={() => {
              onClose();
              onRun();
            }}
          >
            {t(`do.${command}`)}
          </Button>
        </>
      }
    >
      <p>{t(`confirm.${command as "restart" | "reboot"}-effect`)}</p>
    </Dialog>
  );
};

const useRun = (board: Board) => {
  const t = useText();
  const command = useCommand(board.uuid);
  return (name: Command, queue = false) => {
    const title = t(`do.${name}`);
    const started = performance.now();
    const id = showToast({ tone: "busy", title: t("command.sent", { command: title }) });
    const settle = (operation: Operation) => {
      const took = t("unit.ms", { n: Math.round(performance.now() - started) });
      const problem = operation.problem;
      if (operation.status === "done")
        showToast({ tone: "ok", title: t("command.done", { command: title }), detail: took }, id);
      else if (operation.status === "queued" || operation.status === "running")
        showToast(
          { tone: "calm", title: t(`command.${operation.status}`, { command: title }) },
          id,
        );
      else
        showToast(
          {
            tone: "bad",
            title: t("command.failed", { command: title }),
            detail: problem ? sentenceOf(problem.code, problem.sentence) : undefined,
          },
          id,
        );
    };
    command.mutate(
      { command: name, queue },
      {
        onSuccess: settle,
        onError: (error) =>
          showToast(
            {
              tone: "bad",
              title: t("command.failed", { command: title }),
              detail: showProblem(error).sentence,
            },
            id,
          ),
      },
    );
  };
};

export const BoardActions = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const run = useRun(board);
  const [open, setOpen] = useState<"edit" | "retire" | "rearm" | "restart" | "reboot" | null>(null);
  const connected = board.connectivity.connected;
  const close = () => setOpen(null);
  const changesOff = useChangesOff();
  const off = (action: string) => changesOff ?? refusalOf(board, action);
  const retired = board.status === "retired";
  useOfferCommands([
    ...(connected && off("ping") === null
      ? [
          {
            id: "ping",
            label: `${t("do.ping")} ${board.name}`,
            icon: "signal" as const,
            run: () => run("ping"),
          },
        ]
      : []),
    ...(connected && off("restart") === null
      ? [
          {
            id: "restart",
            label: `${t("do.restart")}: ${board.name}…`,
            icon: "refresh" as const,
            run: () => setOpen("restart"),
          },
        ]
      : []),
    ...(off("update") === null
      ? [
          {
            id: "edit",
            label: `${t("do.edit")} ${board.name}`.replace("… ", " ").concat("…"),
            icon: "edit" as const,
            run: () => setOpen("edit"),
          },
        ]
      : []),
  ]);
  return (
    <>
      {connected ? (
        <Button icon="signal" offBecause={off("ping")} onClick={() => run("ping")}>
          {t("do.ping")}
        </Button>
      ) : (
        !retired &&
        board.status !== "new" && (
          <Button icon="clock" offBecause={off("restart")} onClick={() => run("restart", true)}>
            {t("do.queue-restart")}
          </Button>
        )
      )}
      {board.status === "new" && (
        <Button
          kind="primary"
          icon="link"
          offBecause={off("rearm")}
          onClick={() => setOpen("rearm")}
        >
          {t("do.rearm")}
        </Button>
      )}
      {connected && (
        <Button icon="refresh" offBecause={off("restart")} onClick={() => setOpen("restart")}>
          {t("do.restart")}
        </Button>
      )}
      <Menu
        label={t("do.more")}
        trigger={<Icon name="more" />}
        entries={[
          {
            label: t("do.edit"),
            icon: "edit",
            offBecause: off("update"),
            onSelect: () => setOpen("edit"),
          },
          {
            label: t("do.reboot"),
            icon: "power",
            offBecause: connected || changesOff ? off("reboot") : t("board.needs-live"),
            onSelect: () => setOpen("reboot"),
          },
          {
            label: t("do.rearm"),
            icon: "link",
            offBecause: off("rearm"),
            onSelect: () => setOpen("rearm"),
          },
          "line",
          {
            label: t("do.retire"),
            icon: "archive",
            danger: true,
            offBecause: retired ? t("board.retired-already") : off("retire"),
            onSelect: () => setOpen("retire"),
          },
        ]}
      />
      {open === "edit" && <EditDialog board={board} onClose={close} />}
      {open === "retire" && <RetireDialog board={board} onClose={close} />}
      {open === "rearm" && <EnrolmentDialog board={board} onClose={close} />}
      {(open === "restart" || open === "reboot") && (
        <RebootDialog board={board} command={open} onRun={() => run(open)} onClose={close} />
      )}
    </>
  );
};
