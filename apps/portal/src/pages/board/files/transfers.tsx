// What is on its way to or from the board, with how far it is.
import { isS4tError } from "@s4t/kit";
import { useEffect, useRef, useState } from "react";
import { bringFile, takeFile } from "../../../live/ways.ts";
import { formatBytes } from "../../../text/format.ts";
import { showProblem } from "../../../text/problem.ts";
import { useText } from "../../../text/text.ts";
import { IconButton } from "../../../ui/button.tsx";
import { State } from "../../../ui/state.tsx";
import css from "./files.module.css";

/** A page shows this many; the oldest that is over goes first. */
const MAX_SHOWN = 20;

interface TransferRow {
  readonly id: number;
  readonly name: string;
  readonly way: "up" | "down";
  readonly done: number;
  readonly total: number;
  readonly state: "running" | "done" | "failed" | "canceled";
  readonly error?: unknown;
}

export interface Transfers {
  readonly rows: readonly TransferRow[];
  take(path: string, name: string, bytes: number, command: string): void;
  bring(file: File, path: string): void;
  cancel(id: number): void;
  forget(id: number): void;
}

export const useTransfers = (board: string, onBrought: () => void): Transfers => {
  const [rows, setRows] = useState<readonly TransferRow[]>([]);
  const nextId = useRef(1);
  const controllers = useRef(new Map<number, AbortController>());
  useEffect(() => {
    const all = controllers.current;
    return () => {
      for (const controller of all.values()) controller.abort();
    };
  }, []);
  const change = (id: number, part: Partial<TransferRow>) =>
    setRows((present) => present.map((row) => (row.id === id ? { ...row, ...part } : row)));
  const begin = (
    name: string,
    way: TransferRow["way"],
    total: number,
    run: (
      signal: AbortSignal,
      onProgress: (done: number, total: number) => void,
    ) => Promise<unknown>,
  ) => {
    const id = nextId.current++;
    const controller = new AbortController();
    controllers.current.set(id, controller);
    const row: TransferRow = { id, name, way, total, done: 0, state: "running" };
    setRows((present) => [row, ...present].slice(0, MAX_SHOWN));
    run(controller.signal, (done) => change(id, { done })).then(
      () => change(id, { state: "done", done: total }),
      (error: unknown) =>
        change(
          id,
          controller.signal.aborted || isS4tError(error, "request.canceled")
            ? { state: "canceled" }
            : { state: "failed", error },
        ),
    );
  };
  return {
    rows,
    take: (path, name, bytes, command) =>
      begin(name, "down", bytes, (signal, onProgress) =>
        takeFile(board, { path, name, bytes, command, signal, onProgress }),
      ),
    bring: (file, path) =>
      begin(file.name, "up", file.size, async (signal, onProgress) => {
        await bringFile(board, file, { path, signal, onProgress });
        onBrought();
      }),
    cancel: (id) => controllers.current.get(id)?.abort(),
    forget: (id) => setRows((present) => present.filter((row) => row.id !== id)),
  };
};

export const TransferList = ({ transfers }: { readonly transfers: Transfers }) => {
  const t = useText();
  if (transfers.rows.length === 0) return null;
  return (
    <ul className={css.transfers} aria-label={t("files.transfers")}>
      {transfers.rows.map(({ id, name, way, done, total, state, error }) => (
        <li key={id}>
          <span>{t(`files.${way}-name`, { name })}</span>
          <progress
            max={Math.max(1, total)}
            value={done}
            aria-label={t(`files.${way}-name`, { name })}
          />
          <span className={css.amount}>
            {formatBytes(done)} / {formatBytes(total)}
          </span>
          <State state={state} />
          <IconButton
            kind="quiet"
            icon="close"
            label={t(state === "running" ? "files.cancel" : "do.close")}
            onClick={() => (state === "running" ? transfers.cancel(id) : transfers.forget(id))}
          />
          {error !== undefined && (
            <p className={css.problem} role="alert">
              {showProblem(error).sentence} <code>{showProblem(error).code}</code>
            </p>
          )}
        </li>
      ))}
    </ul>
  );
};
