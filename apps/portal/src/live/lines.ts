// The lines of a plugin on a board while somebody looks: what there was, then each as it is written.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api } from "./api.ts";
import { PLUGIN_LINES_KEPT, type PluginLine } from "./contract.ts";
import { useTopic } from "./events.ts";
import { mergeLines } from "./line-tail.ts";

export interface PluginTail {
  readonly lines: readonly PluginLine[];
  /** Lines that the board let go before anybody read them. */
  readonly dropped: number;
  readonly error: unknown;
  readonly isRead: boolean;
}

const none: readonly PluginLine[] = [];

export const usePluginLines = (
  project: string,
  board: string,
  plugin: string,
  live: boolean,
): PluginTail => {
  const [came, setCame] = useState<readonly PluginLine[]>([]);
  const [dropped, setDropped] = useState(0);
  const read = useQuery({
    queryKey: ["board", board, "lines", plugin],
    queryFn: ({ signal }) =>
      api().injections.lines({
        params: { uuid: board, plugin },
        query: { count: PLUGIN_LINES_KEPT },
        signal,
      }),
    enabled: live,
    retry: false,
  });
  useTopic(live ? `lines:${board}/${plugin}` : null, project, (data, kind) => {
    // After a break nobody knows what was missed: read again what the board keeps.
    if (kind === "snapshot") void read.refetch();
    setCame((present) => mergeLines(present, data.lines));
    setDropped((present) => present + data.dropped);
  });
  const lines = useMemo(() => mergeLines(read.data?.lines ?? none, came), [read.data, came]);
  return {
    lines,
    dropped: dropped + (read.data?.dropped ?? 0),
    error: read.error,
    isRead: read.isSuccess,
  };
};
