// Enrolment in three steps. It ends only when the board is seen; the address names the board, so that it can be left and
// come back to. The string itself is shown once and kept nowhere.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { renderSVG } from "uqr";
import { useLiveBoard } from "../../live/boards.ts";
import { useNow } from "../../live/clock.ts";
import type { Board, Enrolment } from "../../live/contract.ts";
import { useMay } from "../../live/session.ts";
import { formatSpan } from "../../text/format.ts";
import { showProblem } from "../../text/problem.ts";
import { textOr, useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { CopyLine } from "../../ui/copy.tsx";
import { Check, Field } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { Glyph } from "../../ui/glyph.tsx";
import { EmptyState, Failure, Loading, Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import css from "./enrol.module.css";
import { useCreate, useRearm, useWaited } from "./queries.ts";

const Step = ({
  number,
  title,
  state,
  children,
}: {
  readonly number: number;
  readonly title: string;
  readonly state: "done" | "now" | "later";
  readonly children?: ReactNode;
}) => (
  <li className={css.step} data-state={state} aria-current={state === "now" ? "step" : undefined}>
    <span className={css.number}>
      {state === "done" ? <Glyph shape="tick" tone="ok" size={20} /> : number}
    </span>
    <div className={css.body}>
      <h2>{title}</h2>
      {children}
    </div>
  </li>
);

const NameForm = ({
  onMade,
}: {
  readonly onMade: (board: Board, enrolment: Enrolment) => void;
}) => {
  const t = useText();
  const create = useCreate();
  const [name, setName] = useState("");
  const [original, setOriginal] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      { name: name.trim(), original },
      { onSuccess: ({ board, enrolment }) => onMade(board, enrolment) },
    );
  };
  return (
    <form className={form.form} onSubmit={submit}>
      <Field
        label={t("boards.name")}
        hint={t("enrol.name-hint")}
        required
        maxLength={63}
        autoComplete="off"
        value={name}
        error={create.error ? showProblem(create.error).sentence : null}
        onChange={(event) => setName(event.target.value)}
      />
      <Check
        label={t("enrol.original")}
        hint={t("enrol.original-hint")}
        checked={original}
        onChange={(event) => setOriginal(event.target.checked)}
      />
      <div>
        <Button kind="primary" submit busy={create.isPending}>
          {t("enrol.next")}
        </Button>
      </div>
    </form>
  );
};

const Bring = ({ enrolment }: { readonly enrolment: Enrolment }) => {
  const t = useText();
  const now = useNow();
  const left = Date.parse(enrolment.expiresAt) - now;
  if (left <= 0) return <Notice tone="warn">{t("enrol.expired")}</Notice>;
  const picture = renderSVG(enrolment.enrolment, { border: 2 });
  return (
    <div className={form.form}>
      <p>
        {t("enrol.paste")}{" "}
        <span className={css.expires}>{t("enrol.expires", { span: formatSpan(left) })}</span>
      </p>
      {enrolment.commands.map(({ kind, command }) => (
        <div key={kind} className={css.command}>
          <h3>{textOr(`enrol.kind.${kind}`, kind)}</h3>
          <CopyLine value={command} />
        </div>
      ))}
      <details className={css.more}>
        <summary>{t("enrol.qr")}</summary>
        <div className={css.qr}>
          <img alt={t("enrol.string")} src={`data:image/svg+xml,${encodeURIComponent(picture)}`} />
          <CopyLine value={enrolment.enrolment} wrap />
        </div>
      </details>
    </div>
  );
};

const Seen = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const { project } = useParams({ from: "/$project/enrol" });
  if (!board.connectivity.connected)
    return (
      <div role="status">
        <p className={css.waiting}>
          <Glyph shape="dashed" tone="busy" size={18} /> {t("enrol.waiting", { name: board.name })}
        </p>
        <p className={css.hint}>{t("enrol.waiting-more")}</p>
      </div>
    );
  return (
    <div role="status" className={form.form}>
      <p className={css.waiting}>
        <Glyph shape="disc" tone="ok" size={18} /> {t("enrol.done", { name: board.name })}
      </p>
      {board.fingerprint && (
        <p className={css.hint}>{t("enrol.compare", { fingerprint: board.fingerprint })}</p>
      )}
      <div className={css.actions}>
        <Link
          className={css.open}
          to="/$project/boards/$board"
          params={{ project, board: board.uuid }}
        >
          {t("enrol.open")}
        </Link>
        <Link className={css.another} to="/$project/enrol" params={{ project }}>
          {t("enrol.another")}
        </Link>
      </div>
    </div>
  );
};

const Begun = ({ uuid, fresh }: { readonly uuid: string; readonly fresh: Enrolment | null }) => {
  const waited = useWaited(uuid);
  if (waited.isError) return <Failure error={waited.error} onRetry={() => void waited.refetch()} />;
  return waited.data ? <Steps read={waited.data} fresh={fresh} /> : <Loading />;
};

const Steps = ({ read, fresh }: { readonly read: Board; readonly fresh: Enrolment | null }) => {
  const t = useText();
  const board = useLiveBoard(read);
  const rearm = useRearm();
  const enrolment = rearm.data ?? fresh;
  const seen = board.connectivity.connected;
  return (
    <ol className={css.steps}>
      <Step number={1} title={`${t("enrol.what")}: ${board.name}`} state="done" />
      <Step number={2} title={t("enrol.bring")} state={seen ? "done" : "now"}>
        {!seen &&
          (enrolment ? (
            <Bring enrolment={enrolment} />
          ) : (
            <div className={form.form}>
              <p>{t("enrol.known", { name: board.name })}</p>
              <div>
                <Button changes busy={rearm.isPending} onClick={() => rearm.mutate(board.uuid)}>
                  {t("do.rearm")}
                </Button>
              </div>
            </div>
          ))}
      </Step>
      <Step number={3} title={t("enrol.seen")} state={seen ? "done" : "now"}>
        <Seen board={board} />
      </Step>
    </ol>
  );
};

export const EnrolPage = () => {
  const t = useText();
  const navigate = useNavigate();
  const { project } = useParams({ from: "/$project/enrol" });
  const { board } = useSearch({ from: "/$project/enrol" });
  const may = useMay("board.create");
  const [made, setMade] = useState<{ uuid: string; enrolment: Enrolment } | null>(null);
  const onMade = ({ uuid }: Board, enrolment: Enrolment) => {
    setMade({ uuid, enrolment });
    void navigate({ to: "/$project/enrol", params: { project }, search: { board: uuid } });
  };
  const content = () => {
    if (!may) return <EmptyState title={t("notfound.title")} icon="shield" />;
    if (board)
      return (
        <Begun key={board} uuid={board} fresh={made?.uuid === board ? made.enrolment : null} />
      );
    return (
      <ol className={css.steps}>
        <Step number={1} title={t("enrol.what")} state="now">
          <NameForm onMade={onMade} />
        </Step>
        <Step number={2} title={t("enrol.bring")} state="later" />
        <Step number={3} title={t("enrol.seen")} state="later" />
      </ol>
    );
  };
  return (
    <Page title={t("enrol.title")}>
      <div className={css.wizard}>
        <Card label={t("enrol.title")}>{content()}</Card>
      </div>
    </Page>
  );
};
