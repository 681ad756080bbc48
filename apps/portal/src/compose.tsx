// Everything a page may count on: the cache of answers, the router, toasts.
import { isS4tError } from "@s4t/kit";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { isSessionEnd, setSessionEnded } from "./live/session.ts";
import { createPortalRouter } from "./routes.tsx";
import { showProblem } from "./text/problem.ts";
import { showToast, Toasts } from "./ui/toast.tsx";

/** Answers younger than this are taken as they are; the event socket tells of changes anyway. */
const FRESH_MS = 15_000;
/** Tries of a read that failed for a reason that passes by itself. */
const MAX_READ_TRIES = 2;

const onError = (error: unknown) => {
  if (isSessionEnd(error)) setSessionEnded(true);
};
const passes = (error: unknown) =>
  isS4tError(error) && ["cloud.unreachable", "cloud.unavailable"].includes(error.code);

const queries = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({
    onError(error, _variables, _result, mutation) {
      onError(error);
      // Forms show their own problems beside the field.
      if (mutation.meta?.quiet || isSessionEnd(error)) return;
      const { sentence, code } = showProblem(error);
      showToast({ tone: "bad", title: sentence, detail: code });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      retry: (tries, error) => tries < MAX_READ_TRIES && passes(error),
      refetchOnWindowFocus: true,
    },
  },
});
const router = createPortalRouter(queries);

export const Portal = () => (
  <QueryClientProvider client={queries}>
    <RouterProvider router={router} />
    <Toasts />
  </QueryClientProvider>
);

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createPortalRouter>;
  }
}
