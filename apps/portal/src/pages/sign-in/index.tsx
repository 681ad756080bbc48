// Sign-in: name and password, or the one-time link that the cloud printed when it started (its code is in the fragment, which
// never reaches a log).
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useEffectEvent } from "react";
import { sessionQuery, setSessionEnded, signIn, waysInQuery } from "../../live/session.ts";
import { showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import css from "../../ui/gate.module.css";
import { Gate } from "../../ui/gate.tsx";
import { SignInForm } from "../../ui/sign-in-form.tsx";

/** Only ways within the portal: an address from outside must not lead elsewhere. */
const safeNext = (next: string | undefined): string =>
  next && /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? next : "/";

export const SignInPage = () => {
  const t = useText();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { next } = useSearch({ from: "/sign-in" });
  const code = useLocation({ select: ({ hash }) => hash });
  const waysIn = useQuery(waysInQuery).data;
  const enter = useMutation({
    meta: { quiet: true },
    mutationFn: signIn,
    onSuccess: async (session) => {
      queries.clear();
      queries.setQueryData(sessionQuery.queryKey, session);
      setSessionEnded(false);
      await navigate({ href: safeNext(next), replace: true });
    },
  });
  const spendCode = useEffectEvent((link: string) => {
    // Out of the address at once: the code must not stay in the history.
    history.replaceState(null, "", location.pathname + location.search);
    enter.mutate({ method: "link", code: link });
  });
  useEffect(() => {
    if (code) spendCode(code);
  }, [code]);
  return (
    <Gate title={t("signin.title")}>
      <SignInForm
        busy={enter.isPending}
        fault={enter.error ? showProblem(enter.error) : null}
        onSubmit={(body) => enter.mutate({ method: "password", ...body })}
      />
      {waysIn?.lostPassword && (
        <Link className={css.link} to="/lost-password">
          {t("signin.lost")}
        </Link>
      )}
      <p className={css.hint}>{t("signin.hint")}</p>
    </Gate>
  );
};
