// What the list of plugins reads.
import { useInfiniteQuery } from "@tanstack/react-query";
import { api } from "../../live/api.ts";

const ROWS = 100;

export const usePlugins = (project: string, text: string | undefined) =>
  useInfiniteQuery({
    queryKey: ["plugins", project, "list", text ?? ""],
    queryFn: ({ pageParam, signal }) =>
      api().plugins.list({ query: { limit: ROWS, text, after: pageParam || undefined }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
