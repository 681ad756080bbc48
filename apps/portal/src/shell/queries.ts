// What the frame around every page reads.
import { useQuery } from "@tanstack/react-query";
import { api } from "../live/api.ts";

export const useAbout = () =>
  useQuery({
    queryKey: ["about"],
    queryFn: ({ signal }) => api().cloud.about({ signal }),
    staleTime: 300_000,
  });

/** Boards whose name, id or address contains the text: for the palette. */
export const useFoundBoards = (project: string, text: string) =>
  useQuery({
    queryKey: ["boards", project, "found", text],
    queryFn: ({ signal }) => api().boards.list({ query: { text, limit: 6 }, signal }),
    enabled: text.length > 0,
    placeholderData: (previous) => previous,
  });
