// How many boards are in which state: one answer for navigation, list and map.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { api } from "./api.ts";

export const countsQuery = (project: string) =>
  queryOptions({
    queryKey: ["boards", project, "counts"],
    queryFn: ({ signal }) => api().boards.counts({ signal }),
  });

export const useCounts = (project: string) => useQuery(countsQuery(project));
