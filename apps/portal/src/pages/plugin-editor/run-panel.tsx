// Runs the draft on a board, beside the editor: what is saved, what the board says, the answer and the lines.
import { useEffect, useRef, useState } from "react";
import { type SchemaDraft, SchemaForm } from "../../form/schema-form.tsx";
import { useNow } from "../../live/clock.ts";
import type { Board, PluginVersion } from "../../live/contract.ts";
import { useAct } from "../../live/plugins.ts";
import { CallResult, type Outcome } from "../../plugin/call-result.tsx";
import { PluginLines } from "../../plugin/lines.tsx";
import { showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Select } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { EmptyState } from "../../ui/notice.tsx";
import { showToast } from "../../ui/toast.tsx";
import css from "./editor.module.css";
import type { useRunnableBoards } from "./queries.ts";
import { type RunStep, type RunWish, runDraft, runSteps } from "./run.ts";

type Wanted = Pick<RunWish, "files" | "words">;

export interface RunState {
  readonly step: RunStep | null;
  readonly outcome: Outcome | null;
  run(): void;
  /** Of a call that is under way. */
  cancel(): void;
}

/** One run at a time; leaving the page ends the waiting, not what runs on the board. */
export const useRun = (
  wanted: () => Wanted,
  board: string | undefined,
  parameters: Record<string, unknown>,
  onSaved: (version: PluginVersion) => void,
): RunState => {
  const [step, setStep] = useState<RunStep | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const present = useRef<AbortController>(undefined);
  const canceler = useRef<AbortController>(undefined);
  useEffect(() => () => present.current?.abort(), []);
  const run = () => {
    if (step !== null || board === undefined) return;
    const controller = new AbortController();
    present.current = controller;
    canceler.current = new AbortController();
    setOutcome(null);
    let startedAt = performance.now();
    const end = (next: Outcome) => {
      if (controller.signal.aborted) return;
      setStep(null);
      setOutcome(next);
    };
    runDraft({
      ...wanted(),
      board,
      parameters,
      signal: controller.signal,
      cancel: canceler.current.signal,
      onSaved,
      onStep: (next) => {
        startedAt = performance.now();
        setStep(next);
      },
    }).then(
      (operation) => end({ operation, tookMs: performance.now() - startedAt }),
      (error: unknown) => end({ error, tookMs: performance.now() - startedAt }),
    );
  };
  return { step, outcome, run, cancel: () => canceler.current?.abort() };
};

const Steps = ({ step }: { readonly step: RunStep }) => {
  const t = useText();
  const at = runSteps.indexOf(step);
  return (
    <ol className={css.steps} aria-live="polite">
      {runSteps.map((each, i) => (
        <li key={each} data-state={i < at ? "done" : i === at ? "now" : undefined}>
          {t(`editor.step.${each}`)}
        </li>
      ))}
    </ol>
  );
};

export const RunPanel = ({
  project,
  name,
  runtime,
  isAsync,
  params,
  faulty,
  board,
  boards,
  onBoard,
  run,
}: {
  readonly project: string;
  readonly name: string;
  readonly runtime: string;
  readonly isAsync: boolean;
  readonly params: SchemaDraft;
  /** Why the draft cannot be run, or null. */
  readonly faulty: string | null;
  readonly board: Board | undefined;
  readonly boards: ReturnType<typeof useRunnableBoards>;
  readonly onBoard: (uuid: string) => void;
  readonly run: RunState;
}) => {
  const t = useText();
  const now = useNow();
  const act = useAct(board?.uuid ?? "");
  const choices = boards.data ?? [];
  const ran = run.outcome !== null && "operation" in run.outcome;
  if (boards.isSuccess && choices.length === 0)
    return (
      <Card title={t("editor.run")}>
        <EmptyState title={t("editor.no-board", { runtime })} icon="board">
          <a href={`/app/${project}/boards`}>{t("nav.boards")}</a>
        </EmptyState>
      </Card>
    );
  return (
    <div className={css.side}>
      <Card title={t("editor.run")}>
        <div className={form.form}>
          <Select
            label={t("editor.board")}
            value={board?.uuid ?? ""}
            onChange={(event) => onBoard(event.target.value)}
          >
            {choices.map((each) => (
              <option key={each.uuid} value={each.uuid}>
                {each.name}
              </option>
            ))}
          </Select>
          <SchemaForm of={params} />
          <div className={form.foot}>
            {isAsync && ran && board && (
              <Button
                icon="stop"
                changes
                busy={act.isPending}
                onClick={() =>
                  act.mutate(
                    { plugin: name, act: "stop" },
                    {
                      onError: (error) =>
                        showToast({ tone: "bad", title: showProblem(error).sentence }),
                    },
                  )
                }
              >
                {t("do.stop")}
              </Button>
            )}
            {!isAsync && run.step === "run" && (
              <Button icon="stop" changes onClick={run.cancel}>
                {t("plugin.cancel-call")}
              </Button>
            )}
            <Button
              kind="primary"
              icon="play"
              changes
              busy={run.step !== null}
              offBecause={
                faulty ?? (params.isSound ? (board ? null : t("editor.choose")) : t("form.faulty"))
              }
              onClick={run.run}
              title="Ctrl Enter"
            >
              {t(isAsync ? "editor.do-start" : "editor.do-run")}
            </Button>
          </div>
          {run.step !== null && <Steps step={run.step} />}
          {run.outcome && <CallResult outcome={run.outcome} now={now} />}
        </div>
      </Card>
      {board && ran && (
        <Card title={t("lines.title")}>
          <PluginLines
            key={`${board.uuid} ${name}`}
            project={project}
            board={board.uuid}
            plugin={name}
            live={board.connectivity.connected}
            now={now}
          />
        </Card>
      )}
    </div>
  );
};
