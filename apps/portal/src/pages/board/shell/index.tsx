// A shell on the board. It says plainly why there is none: sealed, off, away; after a drop it is opened again by hand.
import { Suspense, useCallback, useRef, useState } from "react";
import type { Board } from "../../../live/contract.ts";
import { useMay } from "../../../live/session.ts";
import { openBoardShell, type Shell } from "../../../live/ways.ts";
import { Terminal, type TerminalHandle } from "../../../terminal/index.ts";
import { showProblem } from "../../../text/problem.ts";
import { useText } from "../../../text/text.ts";
import { Button } from "../../../ui/button.tsx";
import { Card } from "../../../ui/card.tsx";
import { EmptyState, Loading, Notice } from "../../../ui/notice.tsx";
import { State } from "../../../ui/state.tsx";
import css from "./shell.module.css";

type Line =
  | { readonly is: "opening" | "open" }
  | { readonly is: "ended"; readonly code: number | null; readonly signal: string | null }
  | { readonly is: "lost"; readonly error: unknown };

/** One shell on one terminal, opened again when asked. */
const useShell = (board: string) => {
  const [line, setLine] = useState<Line>({ is: "opening" });
  const shell = useRef<Shell>(undefined);
  const terminal = useRef<TerminalHandle>(undefined);
  const attempt = useRef<AbortController>(undefined);
  const open = useCallback(async () => {
    const screen = terminal.current;
    if (!screen) return;
    attempt.current?.abort();
    const controller = new AbortController();
    attempt.current = controller;
    const isMine = () => attempt.current === controller && !controller.signal.aborted;
    setLine({ is: "opening" });
    try {
      const size = { cols: screen.cols, rows: screen.rows };
      const opened = await openBoardShell(board, {
        ...size,
        signal: controller.signal,
        onData: (bytes, shown) => screen.write(bytes, shown),
      });
      shell.current = opened;
      // The window may have changed while the shell was on its way.
      if (size.cols !== screen.cols || size.rows !== screen.rows)
        opened.resize(screen.cols, screen.rows);
      setLine({ is: "open" });
      screen.focus();
      const end = await opened.ended;
      if (isMine()) setLine({ is: "ended", ...end });
    } catch (error) {
      if (isMine()) setLine({ is: "lost", error });
    } finally {
      if (isMine()) shell.current = undefined;
    }
  }, [board]);
  return {
    line,
    again: () => {
      terminal.current?.reset();
      void open();
    },
    onReady: (made: TerminalHandle) => {
      terminal.current = made;
      void open();
      return () => {
        attempt.current?.abort();
        terminal.current = undefined;
        shell.current = undefined;
      };
    },
    onInput: (text: string | Uint8Array) => shell.current?.write(text),
    onResize: (cols: number, rows: number) => shell.current?.resize(cols, rows),
  };
};

const OpenShell = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const { line, again, onReady, onInput, onResize } = useShell(board.uuid);
  const isOver = line.is === "ended" || line.is === "lost";
  return (
    <Card
      title={t("shell.of", { user: board.info?.access?.shell ?? "?", board: board.name })}
      aside={
        <>
          <span>{t("shell.keys")}</span>
          <State
            state={line.is === "opening" ? "running" : line.is === "open" ? "open" : "closed"}
          />
        </>
      }
      flush
    >
      {isOver && (
        <div className={css.over} role="alert">
          <p>
            {line.is === "lost"
              ? showProblem(line.error).sentence
              : line.signal
                ? t("shell.ended-signal", { signal: line.signal })
                : t("shell.ended", { code: line.code ?? 0 })}{" "}
            {line.is === "lost" && <code>{showProblem(line.error).code}</code>}
          </p>
          <Button kind="primary" icon="refresh" changes onClick={again}>
            {t(line.is === "lost" ? "shell.reconnect" : "shell.open-again")}
          </Button>
        </div>
      )}
      <div className={css.screen}>
        <Suspense fallback={<Loading rows={10} />}>
          <Terminal
            label={t("shell.label", { board: board.name })}
            onReady={onReady}
            onInput={onInput}
            onResize={onResize}
          />
        </Suspense>
      </div>
    </Card>
  );
};

export const ShellSection = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const may = useMay("stream.shell");
  // Once open it stays: whether the board went meanwhile is what the shell itself says.
  const [wasLive, setWasLive] = useState(board.connectivity.connected);
  const live = board.connectivity.connected;
  if (live && !wasLive) setWasLive(true);
  const user = board.info?.access?.shell;
  if (!may) return <EmptyState title={t("shell.may-not")} icon="terminal" />;
  if (!wasLive && !live)
    return (
      <EmptyState title={t("shell.offline")} icon="terminal">
        {t("shell.offline-more")}
      </EmptyState>
    );
  if (user === null || user === undefined)
    return (
      <EmptyState title={t("shell.off")} icon="terminal" command="s4t agent run --shell-user NAME">
        {t("shell.off-more")}
      </EmptyState>
    );
  return (
    <>
      {!live && <Notice>{t("shell.offline")}</Notice>}
      <OpenShell board={board} />
    </>
  );
};
