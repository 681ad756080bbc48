// Files of the board, within the folders that its owner allows: listed, taken, brought.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef } from "react";
import { useNow } from "../../../live/clock.ts";
import type { Board } from "../../../live/contract.ts";
import { useMay } from "../../../live/session.ts";
import { type BoardFile, listFolder } from "../../../live/ways.ts";
import { formatBytes } from "../../../text/format.ts";
import { useText } from "../../../text/text.ts";
import { Age } from "../../../ui/age.tsx";
import { Button, IconButton } from "../../../ui/button.tsx";
import { Card } from "../../../ui/card.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { EmptyState, Failure, Loading } from "../../../ui/notice.tsx";
import { type Column, Table } from "../../../ui/table.tsx";
import css from "./files.module.css";
import { TransferList, useTransfers } from "./transfers.tsx";

const joined = (folder: string, name: string): string =>
  folder === "" ? name : `${folder.replace(/\/$/, "")}/${name}`;
const parentOf = (path: string, roots: readonly string[]): string | null => {
  if (roots.includes(path)) return null;
  const at = path.lastIndexOf("/");
  return at > 0 ? path.slice(0, at) : null;
};

const useFolder = (board: string, path: string, enabled: boolean) =>
  useQuery({
    queryKey: ["board", board, "files", path],
    queryFn: ({ signal }) => listFolder(board, path, signal),
    enabled,
    // Each look opens a way to the board: none that nobody asked for.
    refetchOnWindowFocus: false,
    retry: false,
  });

const Folder = ({
  board,
  roots,
}: {
  readonly board: Board;
  readonly roots: readonly [string, ...string[]];
}) => {
  const t = useText();
  const now = useNow();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const search = useSearch({ from: "/$project/boards/$board" });
  const path = search.path ?? roots[0];
  const live = board.connectivity.connected;
  const list = useFolder(board.uuid, path, live);
  const picker = useRef<HTMLInputElement>(null);
  const go = (next: string) =>
    void navigate({ to: ".", search: (previous) => ({ ...previous, path: next }) });
  const transfers = useTransfers(
    board.uuid,
    () => void queries.invalidateQueries({ queryKey: ["board", board.uuid, "files", path] }),
  );
  const up = parentOf(path, roots);
  const off = live ? null : t("board.needs-live");
  const columns: readonly Column<BoardFile>[] = [
    {
      key: "name",
      title: t("boards.name"),
      cell: ({ name, type }) => (
        <span className={css.name}>
          <Icon name={type === "folder" ? "folder" : type === "link" ? "link" : "file"} size={16} />
          {type === "folder" ? (
            <button type="button" className={css.open} onClick={() => go(joined(path, name))}>
              {name}
            </button>
          ) : (
            name
          )}
        </span>
      ),
    },
    {
      key: "bytes",
      title: t("files.size"),
      align: "end",
      cell: ({ type, bytes }) => (type === "file" ? formatBytes(bytes) : "–"),
    },
    {
      key: "modified",
      title: t("files.modified"),
      align: "end",
      minor: true,
      cell: ({ modifiedMs }) => <Age at={modifiedMs} now={now} />,
    },
    {
      key: "do",
      title: t("files.download"),
      untitled: true,
      align: "end",
      cell: ({ name, type, bytes }) =>
        type === "file" && (
          <IconButton
            kind="quiet"
            icon="download"
            label={t("files.download-name", { name })}
            offBecause={off}
            onClick={() => {
              const from = joined(path, name);
              transfers.take(from, name, bytes, `./s4t file get ${board.name} ${from}`);
            }}
          />
        ),
    },
  ];
  return (
    <Card
      title={t("files.title")}
      aside={
        <>
          <IconButton
            kind="quiet"
            icon="refresh"
            label={t("do.refresh")}
            offBecause={off}
            onClick={() => void list.refetch()}
          />
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            onChange={({ target }) => {
              for (const file of target.files ?? []) transfers.bring(file, joined(path, file.name));
              target.value = "";
            }}
          />
          <Button icon="upload" changes offBecause={off} onClick={() => picker.current?.click()}>
            {t("files.upload")}
          </Button>
        </>
      }
      flush
    >
      <div className={css.where}>
        {up !== null && (
          <IconButton kind="quiet" icon="up" label={t("files.up")} onClick={() => go(up)} />
        )}
        <code>{path}</code>
        {roots.length > 1 &&
          roots
            .filter((root) => root !== path)
            .map((root) => (
              <Button key={root} kind="quiet" onClick={() => go(root)}>
                {root}
              </Button>
            ))}
      </div>
      <TransferList transfers={transfers} />
      {!live && <EmptyState title={t("files.offline")} icon="folder" />}
      {live && list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {live && list.isPending && <Loading rows={5} />}
      {list.data?.length === 0 && <EmptyState title={t("files.empty")} icon="folder" />}
      {list.data && list.data.length > 0 && (
        <Table
          label={t("files.title")}
          columns={columns}
          rows={list.data}
          keyOf={({ name }) => name}
        />
      )}
    </Card>
  );
};

export const FilesSection = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const may = useMay("stream.files");
  const [first, ...rest] = board.info?.access?.files ?? [];
  if (!may) return <EmptyState title={t("files.may-not")} icon="folder" />;
  if (first === undefined)
    return (
      <EmptyState title={t("files.off")} icon="folder" command="s4t agent run --files FOLDER">
        {t("files.off-more")}
      </EmptyState>
    );
  return <Folder board={board} roots={[first, ...rest]} />;
};
