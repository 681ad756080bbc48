// A plugin's call: the form of its parameters, the button, what came of it. Leaving the page ends the waiting, not the call.
import { type FormEvent, useEffect, useRef, useState } from "react";
import { SchemaForm, useSchemaDraft } from "../form/schema-form.tsx";
import { callPlugin } from "../live/plugins.ts";
import { useText } from "../text/text.ts";
import { Button } from "../ui/button.tsx";
import form from "../ui/form.module.css";
import { CallResult, type Outcome } from "./call-result.tsx";

export const CallPanel = ({
  board,
  plugin,
  schema,
  kept,
  offBecause,
  now,
  onCalled,
}: {
  readonly board: string;
  readonly plugin: string;
  readonly schema: Readonly<Record<string, unknown>> | null;
  /** Parameters that the board keeps: the form starts with them. */
  readonly kept: Readonly<Record<string, unknown>>;
  readonly offBecause: string | null;
  readonly now: number;
  readonly onCalled?: () => void;
}) => {
  const t = useText();
  const draft = useSchemaDraft(schema, kept);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [calling, setCalling] = useState<AbortController | null>(null);
  const [isCanceling, setCanceling] = useState(false);
  const present = useRef<AbortController>(undefined);
  useEffect(() => () => present.current?.abort(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!draft.isSound || calling || offBecause) return;
    const controller = new AbortController();
    const canceler = new AbortController();
    present.current = controller;
    setCalling(canceler);
    setCanceling(false);
    const startedAt = performance.now();
    const end = (next: (tookMs: number) => Outcome) => {
      if (controller.signal.aborted) return;
      setCalling(null);
      setOutcome(next(performance.now() - startedAt));
      onCalled?.();
    };
    callPlugin(board, {
      ...{ plugin, parameters: draft.read.value },
      ...{ signal: controller.signal, cancel: canceler.signal },
    }).then(
      (operation) => end((tookMs) => ({ operation, tookMs })),
      (error: unknown) => end((tookMs) => ({ error, tookMs })),
    );
  };
  return (
    <div className={form.form}>
      <form className={form.form} onSubmit={submit}>
        <SchemaForm of={draft} />
        <div className={form.foot}>
          {calling && (
            <Button
              icon="stop"
              changes
              busy={isCanceling}
              onClick={() => {
                setCanceling(true);
                calling.abort();
              }}
            >
              {t("plugin.cancel-call")}
            </Button>
          )}
          <Button
            kind="primary"
            icon="play"
            submit
            busy={calling !== null}
            offBecause={offBecause ?? (draft.isSound ? null : t("form.faulty"))}
          >
            {t("do.call")}
          </Button>
        </div>
      </form>
      {outcome && <CallResult outcome={outcome} now={now} />}
    </div>
  );
};
