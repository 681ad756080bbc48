// Projects and who has which role in them.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { apiOf } from "../../live/api.ts";
import type { Member } from "../../live/contract.ts";
import { sessionQuery } from "../../live/session.ts";

export const useProjects = () =>
  useInfiniteQuery({
    queryKey: ["projects"],
    queryFn: ({ pageParam, signal }) =>
      apiOf(undefined).projects.list({ query: pageParam ? { after: pageParam } : {}, signal }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
  });

export const useMembers = (uuid: string) =>
  useInfiniteQuery({
    queryKey: ["projects", uuid, "members"],
    queryFn: ({ pageParam, signal }) =>
      apiOf(undefined).projects.members({
        params: { uuid },
        query: pageParam ? { after: pageParam } : {},
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
  });

const useAgain = () => {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: ["projects"] });
    void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
};

export const useCreateProject = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: (body: { name: string; description: string }) =>
      apiOf(undefined).projects.create({ body }),
    onSuccess: useAgain(),
  });

export const useSetMember = (uuid: string) =>
  useMutation({
    meta: { quiet: true },
    mutationFn: ({ user, role }: { user: string; role: Member["role"] }) =>
      apiOf(undefined).projects.setMember({ params: { uuid, user }, body: { role } }),
    onSuccess: useAgain(),
  });

export const useRemoveMember = (uuid: string) =>
  useMutation({
    mutationFn: (user: string) =>
      apiOf(undefined).projects.removeMember({ params: { uuid, user } }),
    onSuccess: useAgain(),
  });

const keyOf = (uuid: string) => ["projects", uuid, "key"] as const;

/** The key that signs for a project, and who holds it. */
export const useProjectKey = (uuid: string) =>
  useQuery({
    queryKey: keyOf(uuid),
    queryFn: ({ signal }) => apiOf(undefined).projectKeys.show({ params: { uuid }, signal }),
  });

/** Puts the cloud's next key in the place of the present one. */
export const useRekey = (uuid: string) => {
  const queries = useQueryClient();
  return useMutation({
    meta: { quiet: true },
    mutationFn: () => apiOf(undefined).projectKeys.rekey({ params: { uuid }, body: {} }),
    onSuccess: (key) => {
      queries.setQueryData(keyOf(uuid), key);
      void queries.invalidateQueries({ queryKey: ["plugins"] });
    },
  });
};
