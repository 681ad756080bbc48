// The session ended while a page was open: sign in over it, so that work on the page is kept.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { events } from "../live/events.ts";
import { sessionQuery, setSessionEnded, signIn } from "../live/session.ts";
import { showProblem } from "../text/problem.ts";
import { useText } from "../text/text.ts";
import { Dialog } from "../ui/dialog.tsx";
import { SignInForm } from "../ui/sign-in-form.tsx";

export const SignInAgain = ({ name }: { readonly name: string }) => {
  const t = useText();
  const queries = useQueryClient();
  const again = useMutation({
    meta: { quiet: true },
    mutationFn: signIn,
    onSuccess(session) {
      queries.setQueryData(sessionQuery.queryKey, session);
      setSessionEnded(false);
      events.wake();
      // Another person has other rights: nothing of the first may stay.
      if (session.user.name === name) void queries.invalidateQueries();
      else location.assign("/app/");
    },
  });
  return (
    <Dialog title={t("signin.ended")} onClose={() => {}} closable={false}>
      <SignInForm
        name={name}
        busy={again.isPending}
        fault={again.error ? showProblem(again.error) : null}
        onSubmit={(body) => again.mutate({ method: "password", ...body })}
      />
    </Dialog>
  );
};
