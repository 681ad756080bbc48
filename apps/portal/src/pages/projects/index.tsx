// Projects, who may do what in each, and the key that signs for it.
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { type Member, type Project, projectRoles } from "../../live/contract.ts";
import { useMay } from "../../live/session.ts";
import { formatNumber } from "../../text/format.ts";
import { showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Select } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { KeyCard } from "./key-card.tsx";
import {
  useCreateProject,
  useMembers,
  useProjects,
  useRemoveMember,
  useSetMember,
} from "./queries.ts";

const NewProject = ({ onClose }: { readonly onClose: () => void }) => {
  const t = useText();
  const id = useId();
  const create = useCreateProject();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ name: name.trim(), description }, { onSuccess: onClose });
  };
  return (
    <Dialog
      title={t("projects.new")}
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
          label={t("boards.name")}
          required
          maxLength={63}
          value={name}
          error={create.error ? showProblem(create.error).sentence : null}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label={t("edit.description")}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
      </form>
    </Dialog>
  );
};

const roleOf = (value: string): Member["role"] =>
  projectRoles.find((role) => role === value) ?? "user";

const RoleSelect = ({
  label,
  role,
  onRole,
}: {
  readonly label: string;
  readonly role: Member["role"];
  readonly onRole: (role: Member["role"]) => void;
}) => {
  const t = useText();
  return (
    <Select label={label} value={role} onChange={(event) => onRole(roleOf(event.target.value))}>
      {projectRoles.map((each) => (
        <option key={each} value={each}>
          {t(`role.${each}`)}
        </option>
      ))}
    </Select>
  );
};

const AddMember = ({ project }: { readonly project: Project }) => {
  const t = useText();
  const set = useSetMember(project.uuid);
  const [user, setUser] = useState("");
  const [role, setRole] = useState<Member["role"]>("user");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate({ user: user.trim(), role }, { onSuccess: () => setUser("") });
  };
  return (
    <form className={form.filters} onSubmit={submit}>
      <Field
        label={t("projects.person")}
        required
        autoComplete="off"
        value={user}
        error={set.error ? showProblem(set.error).sentence : null}
        onChange={(event) => setUser(event.target.value)}
      />
      <RoleSelect label={t("projects.role")} role={role} onRole={setRole} />
      <Button submit busy={set.isPending}>
        {t("projects.add")}
      </Button>
    </form>
  );
};

const Members = ({ project }: { readonly project: Project }) => {
  const t = useText();
  const list = useMembers(project.uuid);
  const remove = useRemoveMember(project.uuid);
  const members = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const columns: readonly Column<Member>[] = [
    { key: "name", title: t("users.name"), cell: ({ name }) => <strong>{name}</strong> },
    { key: "role", title: t("projects.role"), cell: ({ role }) => t(`role.${role}`) },
    {
      key: "do",
      title: t("do.remove"),
      untitled: true,
      align: "end",
      cell: ({ uuid, name }) => (
        <IconButton
          changes
          kind="quiet"
          icon="close"
          label={t("projects.take", { name })}
          onClick={() => remove.mutate(uuid)}
        />
      ),
    },
  ];
  return (
    <Card title={t("projects.members-of", { name: project.name })} flush>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading rows={3} />}
      {list.isSuccess && members.length === 0 && (
        <EmptyState title={t("projects.nobody")} icon="users" />
      )}
      {members.length > 0 && (
        <Table
          label={t("projects.members")}
          columns={columns}
          rows={members}
          keyOf={({ uuid }) => uuid}
        />
      )}
      {list.hasNextPage && (
        <Button onClick={() => void list.fetchNextPage()}>{t("do.more-rows")}</Button>
      )}
      <div className={form.inset}>
        <AddMember project={project} />
      </div>
    </Card>
  );
};

export const ProjectsPage = () => {
  const t = useText();
  const { project: current } = useParams({ from: "/$project/access/projects" });
  const { open } = useSearch({ from: "/$project/access/projects" });
  const mayCreate = useMay("project.create");
  const list = useProjects();
  const [making, setMaking] = useState(false);
  const projects = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const shown = projects.find(({ uuid }) => uuid === open);
  const columns: readonly Column<Project>[] = [
    { key: "name", title: t("boards.name"), cell: ({ name }) => <strong>{name}</strong> },
    {
      key: "description",
      title: t("edit.description"),
      minor: true,
      cell: ({ description }) => description,
    },
    {
      key: "boards",
      title: t("projects.boards"),
      align: "end",
      cell: ({ boards }) => formatNumber(boards),
    },
    {
      key: "members",
      title: t("projects.open"),
      untitled: true,
      align: "end",
      cell: ({ uuid }) => (
        <Link to="/$project/access/projects" params={{ project: current }} search={{ open: uuid }}>
          {t("projects.open")}
        </Link>
      ),
    },
  ];
  return (
    <Page
      title={t("nav.projects")}
      actions={
        mayCreate && (
          <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
            {t("projects.new")}
          </Button>
        )
      }
    >
      <div className={form.rows}>
        <Card label={t("nav.projects")} flush>
          {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
          {list.isPending && <Loading />}
          {list.isSuccess && projects.length === 0 && (
            <EmptyState title={t("projects.empty")} icon="folder" />
          )}
          {projects.length > 0 && (
            <Table
              label={t("nav.projects")}
              columns={columns}
              rows={projects}
              keyOf={({ uuid }) => uuid}
            />
          )}
        </Card>
        {list.hasNextPage && (
          <Button onClick={() => void list.fetchNextPage()}>{t("do.more-rows")}</Button>
        )}
        {shown && <Members key={`members ${shown.uuid}`} project={shown} />}
        {shown && <KeyCard key={`key ${shown.uuid}`} project={shown} />}
      </div>
      {making && <NewProject onClose={() => setMaking(false)} />}
    </Page>
  );
};
