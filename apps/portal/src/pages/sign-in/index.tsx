// Sign-in: name and password, or the one-time link that the cloud printed when it started (its code is in the fragment, which
// never reaches a log).
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useEffectEvent } from "react";
import { sessionQuery, setSessionEnded, signIn, waysInQuery } from "../../live/session.ts";
import { showProblem } from "../../text/problem.ts";
import { type TextKey, useText } from "../../text/text.ts";
import css from "../../ui/gate.module.css";
import { Gate } from "../../ui/gate.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SignInForm } from "../../ui/sign-in-form.tsx";

/** Only ways within the portal: an address from outside must not lead elsewhere. */
const safeNext = (next: string | undefined): string =>
  next && /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? next : "/";

/** What the cloud says of a way back from elsewhere, by its code alone: an address must not put words into this page. */
const problems: Readonly<Record<string, TextKey>> = {
  "oidc.nobody": "signin.problem-nobody",
  "oidc.unavailable": "signin.problem-unavailable",
};

export const SignInPage = () => {
  const t = useText();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { next, problem } = useSearch({ from: "/sign-in" });
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
      {problem && (
        <Notice tone="bad" icon="key">
          {t(problems[problem] ?? "signin.problem-refused")}
        </Notice>
      )}
      {waysIn?.oidc.map(({ name, title }) => (
        <a
          key={name}
          className={css.other}
          href={`/api/oidc/${name}?next=${encodeURIComponent(safeNext(next))}`}
        >
          {t("signin.by", { title })}
        </a>
      ))}
      {waysIn?.lostPassword && (
        <Link className={css.link} to="/lost-password">
          {t("signin.lost")}
        </Link>
      )}
      <p className={css.hint}>{t("signin.hint")}</p>
    </Gate>
  );
};
