// People who may sign in.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { useNow } from "../../live/clock.ts";
import type { User } from "../../live/contract.ts";
import { formatClock, toMs } from "../../text/format.ts";
import { refusalOf, showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Age } from "../../ui/age.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { useChangesOff } from "../../ui/changes.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Check, Field } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { Icon } from "../../ui/icon.tsx";
import { Menu } from "../../ui/menu.tsx";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { showToast } from "../../ui/toast.tsx";
import {
  useChangeUser,
  useCreateUser,
  useEndSessions,
  useRemoveUser,
  useResetFactor,
  useUnlock,
  useUsers,
} from "./queries.ts";

const NewUser = ({ onClose }: { readonly onClose: () => void }) => {
  const t = useText();
  const id = useId();
  const create = useCreateUser();
  const [name, setName] = useState("");
  const [mail, setMail] = useState("");
  const [password, setPassword] = useState("");
  const [admin, setAdmin] = useState(false);
  const problem = create.error ? showProblem(create.error) : null;
  const ofPassword = problem?.code === "user.password-weak";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      { name: name.trim(), password, ...(mail ? { mail } : {}), ...(admin ? { admin } : {}) },
      {
        onSuccess: (user) => {
          showToast({ tone: "ok", title: t("users.created", { name: user.name }) });
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      title={t("users.new")}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button kind="primary" submit form={id} busy={create.isPending}>
            {t("do.create")}
          </Button>
        </>
      }
    >
      <form id={id} className={form.form} onSubmit={submit}>
        <Field
          label={t("users.name")}
          required
          maxLength={63}
          autoComplete="off"
          value={name}
          error={problem && !ofPassword ? problem.sentence : null}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label={t("users.mail")}
          type="email"
          autoComplete="off"
          value={mail}
          onChange={(event) => setMail(event.target.value)}
        />
        <Field
          label={t("users.password")}
          hint={t("users.password-hint")}
          type="password"
          required
          autoComplete="new-password"
          value={password}
          error={ofPassword ? problem.sentence : null}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Check
          label={t("users.admin")}
          checked={admin}
          onChange={(event) => setAdmin(event.target.checked)}
        />
      </form>
    </Dialog>
  );
};

const UserMenu = ({
  user,
  onOpen,
}: {
  readonly user: User;
  readonly onOpen: (what: Opened["what"]) => void;
}) => {
  const t = useText();
  const change = useChangeUser();
  const unlock = useUnlock();
  const endSessions = useEndSessions();
  const { uuid, rev } = user;
  const changesOff = useChangesOff();
  const off = changesOff ?? refusalOf(user, "update");
  return (
    <Menu
      label={t("users.more", { name: user.name })}
      kind="bare"
      trigger={<Icon name="more" />}
      entries={[
        user.status === "active"
          ? {
              label: t("users.disable"),
              offBecause: off,
              onSelect: () => change.mutate({ uuid, rev, status: "disabled" }),
            }
          : {
              label: t("users.enable"),
              offBecause: off,
              onSelect: () => change.mutate({ uuid, rev, status: "active" }),
            },
        {
          label: user.admin ? t("users.no-admin") : t("users.make-admin"),
          offBecause: off,
          onSelect: () => change.mutate({ uuid, rev, admin: !user.admin }),
        },
        {
          label: t("users.end-sessions"),
          offBecause: off,
          onSelect: () => endSessions.mutate(uuid),
        },
        ...(user.lockedUntil
          ? [
              {
                label: t("users.unlock"),
                offBecause: off,
                onSelect: () => unlock.mutate(uuid),
              },
            ]
          : []),
        ...(user.secondFactor
          ? [
              {
                label: t("users.reset-factor"),
                offBecause: off,
                onSelect: () => onOpen("factor"),
              },
            ]
          : []),
        "line",
        {
          label: t("users.remove"),
          danger: true,
          offBecause: changesOff ?? refusalOf(user, "remove"),
          onSelect: () => onOpen("remove"),
        },
      ]}
    />
  );
};

const RemoveUser = ({ user, onClose }: { readonly user: User; readonly onClose: () => void }) => {
  const t = useText();
  const remove = useRemoveUser();
  return (
    <Dialog
      title={t("users.remove-title", { name: user.name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button
            changes
            kind="danger"
            busy={remove.isPending}
            onClick={() => remove.mutate(user.uuid, { onSuccess: onClose })}
          >
            {t("do.remove")}
          </Button>
        </>
      }
    >
      <p>{t("users.remove-effect")}</p>
    </Dialog>
  );
};

const ResetFactor = ({ user, onClose }: { readonly user: User; readonly onClose: () => void }) => {
  const t = useText();
  const reset = useResetFactor();
  const { name } = user;
  const done = () => {
    showToast({ tone: "ok", title: t("users.reset-factor-done", { name }) });
    onClose();
  };
  return (
    <Dialog
      title={t("users.reset-factor-title", { name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button
            changes
            kind="danger"
            busy={reset.isPending}
            onClick={() => reset.mutate(user.uuid, { onSuccess: done })}
          >
            {t("users.reset-factor-do")}
          </Button>
        </>
      }
    >
      <p>{t("users.reset-factor-effect", { name })}</p>
    </Dialog>
  );
};

/** What a user's menu opens. */
interface Opened {
  readonly what: "remove" | "factor";
  readonly user: User;
}

const useColumns = (onOpen: (opened: Opened) => void): readonly Column<User>[] => {
  const t = useText();
  const now = useNow();
  return [
    { key: "name", title: t("users.name"), cell: ({ name }) => <strong>{name}</strong> },
    {
      key: "state",
      title: t("boards.state"),
      cell: ({ status, lockedUntil }) => (
        <>
          <State state={status} />
          {lockedUntil && (
            <p>{t("users.locked", { at: formatClock(Date.parse(lockedUntil), now) })}</p>
          )}
        </>
      ),
    },
    {
      key: "role",
      title: t("users.role"),
      minor: true,
      cell: ({ admin, projects }) =>
        [
          ...(admin ? [t("users.is-admin")] : []),
          ...projects.map(({ name, role }) => `${name}: ${t(`role.${role}`).toLowerCase()}`),
        ].join(", ") || "–",
    },
    { key: "mail", title: t("users.mail"), minor: true, cell: ({ mail }) => mail ?? "–" },
    {
      key: "last",
      title: t("users.last"),
      minor: true,
      cell: ({ lastSignInAt }) => <Age at={toMs(lastSignInAt)} now={now} />,
    },
    {
      key: "do",
      title: t("do.more"),
      untitled: true,
      align: "end",
      cell: (user) => <UserMenu user={user} onOpen={(what) => onOpen({ what, user })} />,
    },
  ];
};

export const UsersPage = () => {
  const t = useText();
  const navigate = useNavigate();
  const { name } = useSearch({ from: "/$project/access/users" });
  const list = useUsers(name);
  const [open, setOpen] = useState<"new" | Opened | null>(null);
  const columns = useColumns(setOpen);
  const users = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Page
      title={t("nav.users")}
      actions={
        <Button kind="primary" icon="plus" onClick={() => setOpen("new")}>
          {t("users.new")}
        </Button>
      }
      below={
        <div className={form.search}>
          <Field
            label={t("users.find")}
            type="search"
            defaultValue={name ?? ""}
            onChange={(event) =>
              void navigate({
                to: ".",
                search: { name: event.target.value || undefined },
                replace: true,
              })
            }
          />
        </div>
      }
    >
      <Card label={t("nav.users")} flush>
        {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isPending && <Loading />}
        {list.isSuccess && users.length === 0 && (
          <EmptyState title={t("users.none")} icon="users" />
        )}
        {users.length > 0 && (
          <Table label={t("nav.users")} columns={columns} rows={users} keyOf={({ uuid }) => uuid} />
        )}
      </Card>
      {list.hasNextPage && (
        <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t("do.more-rows")}
        </Button>
      )}
      {open === "new" && <NewUser onClose={() => setOpen(null)} />}
      {open !== null && open !== "new" && open.what === "remove" && (
        <RemoveUser user={open.user} onClose={() => setOpen(null)} />
      )}
      {open !== null && open !== "new" && open.what === "factor" && (
        <ResetFactor user={open.user} onClose={() => setOpen(null)} />
      )}
    </Page>
  );
};
