// Where one is signed in, tokens for scripts, and the password.
import { type FormEvent, useId, useState } from "react";
import { useNow } from "../../live/clock.ts";
import type { Token } from "../../live/contract.ts";
import { formatDay, toMs } from "../../text/format.ts";
import { showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Age } from "../../ui/age.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { CopyLine } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Select } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { Failure, Loading } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { showToast } from "../../ui/toast.tsx";
import { programOf } from "./agent.ts";
import { MailCard } from "./mail.tsx";
import {
  useChangePassword,
  useCreateToken,
  useEndOthers,
  useRevoke,
  useTokens,
} from "./queries.ts";
import { SecondFactorCard } from "./second-factor.tsx";

const DAY_S = 86_400;
const lives = [1, 7, 30, 365] as const;

const NewToken = ({ onClose }: { readonly onClose: () => void }) => {
  const t = useText();
  const id = useId();
  const create = useCreateToken();
  const [name, setName] = useState("");
  const [days, setDays] = useState("30");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ name: name.trim(), expiresInS: Number(days) * DAY_S });
  };
  return (
    <Dialog
      title={t("tokens.new")}
      onClose={onClose}
      foot={
        create.data ? (
          <Button onClick={onClose}>{t("do.close")}</Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("do.cancel")}</Button>
            <Button kind="primary" submit form={id} busy={create.isPending}>
              {t("do.create")}
            </Button>
          </>
        )
      }
    >
      {create.data ? (
        <div className={form.form}>
          <p>{t("tokens.once")}</p>
          <CopyLine value={create.data.secret} wrap />
        </div>
      ) : (
        <form id={id} className={form.form} onSubmit={submit}>
          <Field
            label={t("tokens.what")}
            hint={t("tokens.hint")}
            required
            maxLength={63}
            value={name}
            error={create.error ? showProblem(create.error).sentence : null}
            onChange={(event) => setName(event.target.value)}
          />
          <Select
            label={t("tokens.life")}
            value={days}
            onChange={(event) => setDays(event.target.value)}
          >
            {lives.map((count) => (
              <option key={count} value={count}>
                {t("tokens.days", { count })}
              </option>
            ))}
          </Select>
        </form>
      )}
    </Dialog>
  );
};

const PasswordForm = () => {
  const t = useText();
  const change = useChangePassword();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const problem = change.error ? showProblem(change.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(
      { current, next },
      {
        onSuccess: () => {
          setCurrent("");
          setNext("");
          showToast({ tone: "ok", title: t("password.changed") });
        },
      },
    );
  };
  return (
    <form className={form.form} onSubmit={submit}>
      <div className={form.pair}>
        <Field
          label={t("password.current")}
          type="password"
          autoComplete="current-password"
          required
          value={current}
          error={problem?.code === "auth.failed" ? problem.sentence : null}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <Field
          label={t("password.next")}
          type="password"
          autoComplete="new-password"
          required
          value={next}
          error={problem && problem.code !== "auth.failed" ? problem.sentence : null}
          onChange={(event) => setNext(event.target.value)}
        />
      </div>
      <div className={form.foot}>
        <Button submit busy={change.isPending}>
          {t("password.title")}
        </Button>
      </div>
    </form>
  );
};

const useColumns = (): readonly Column<Token>[] => {
  const t = useText();
  const now = useNow();
  const revoke = useRevoke();
  const nameOf = ({ kind, name }: Token) => {
    if (kind === "session") return t("tokens.sign-in");
    if (kind === "program") return t("tokens.program");
    return kind === "identity" ? t("tokens.identity") : name;
  };
  return [
    {
      key: "name",
      title: t("users.name"),
      cell: (token) => (
        <>
          <strong>{nameOf(token)}</strong> {token.current && `(${t("tokens.current")})`}
        </>
      ),
    },
    { key: "by", title: t("tokens.by"), minor: true, cell: ({ agent }) => programOf(agent) },
    {
      key: "made",
      title: t("tokens.made"),
      minor: true,
      cell: ({ createdAt }) => <Age at={toMs(createdAt)} now={now} />,
    },
    { key: "from", title: t("tokens.from"), minor: true, cell: ({ address }) => address ?? "–" },
    {
      key: "used",
      title: t("tokens.used"),
      minor: true,
      cell: ({ lastUsedAt }) => <Age at={toMs(lastUsedAt)} now={now} />,
    },
    {
      key: "expires",
      title: t("tokens.expires"),
      cell: ({ expiresAt }) => formatDay(Date.parse(expiresAt), now),
    },
    {
      key: "end",
      title: t("tokens.revoke"),
      untitled: true,
      align: "end",
      cell: (token) =>
        !token.current && (
          <Button
            changes
            aria-label={t("tokens.revoke-name", { name: nameOf(token) })}
            onClick={() => revoke.mutate(token.uuid)}
          >
            {t("tokens.revoke")}
          </Button>
        ),
    },
  ];
};

export const TokensPage = () => {
  const t = useText();
  const list = useTokens();
  const columns = useColumns();
  const endOthers = useEndOthers();
  const [open, setOpen] = useState(false);
  const tokens = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Page
      title={t("tokens.title")}
      actions={
        <>
          <Button changes busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
            {t("tokens.end-others")}
          </Button>
          <Button kind="primary" icon="plus" onClick={() => setOpen(true)}>
            {t("tokens.new")}
          </Button>
        </>
      }
    >
      <div className={form.rows}>
        <Card label={t("tokens.title")} flush>
          {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
          {list.isPending && <Loading />}
          {tokens.length > 0 && (
            <Table
              label={t("tokens.title")}
              columns={columns}
              rows={tokens}
              keyOf={({ uuid }) => uuid}
            />
          )}
        </Card>
        {list.hasNextPage && (
          <Button onClick={() => void list.fetchNextPage()}>{t("do.more-rows")}</Button>
        )}
        <Card title={t("password.title")}>
          <PasswordForm />
        </Card>
        <SecondFactorCard />
        <MailCard />
      </div>
      {open && <NewToken onClose={() => setOpen(false)} />}
    </Page>
  );
};
