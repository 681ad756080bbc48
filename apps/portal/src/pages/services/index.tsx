// Services of the project: the catalogue, and what is exposed of it on which board.
import { Link, useParams } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { useNow } from "../../live/clock.ts";
import type { Exposure, Service } from "../../live/contract.ts";
import {
  useAllExposures,
  useChangeService,
  useCreateService,
  useRemoveService,
  useServices,
} from "../../live/services.ts";
import { useMay } from "../../live/session.ts";
import { Expiry, ExposureState, PublicAddress, Sources } from "../../service/exposure.tsx";
import { emptyService, ServiceFields } from "../../service/service-form.tsx";
import { formatNumber } from "../../text/format.ts";
import { refusalOf, showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { Icon } from "../../ui/icon.tsx";
import { Menu } from "../../ui/menu.tsx";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { useOfferCommands } from "../../ui/page-commands.ts";
import { type Column, Table } from "../../ui/table.tsx";

const ServiceDialog = ({
  service,
  onClose,
}: {
  /** The one that is changed; none: a new one. */
  readonly service: Service | null;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const id = useId();
  const create = useCreateService();
  const update = useChangeService();
  const [draft, setDraft] = useState(
    service ? { name: service.name, port: String(service.port), host: service.host } : emptyService,
  );
  const [description, setDescription] = useState(service?.description ?? "");
  const error = create.error ?? update.error;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const said = { port: Number(draft.port), host: draft.host || undefined, description };
    if (service) update.mutate({ service, ...said }, { onSuccess: onClose });
    else create.mutate({ name: draft.name, ...said }, { onSuccess: onClose });
  };
  return (
    <Dialog
      title={service ? t("edit.title", { name: service.name }) : t("service.new")}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button kind="primary" submit form={id} busy={create.isPending || update.isPending}>
            {service ? t("do.save") : t("do.create")}
          </Button>
        </>
      }
    >
      <form id={id} className={form.form} onSubmit={submit}>
        <ServiceFields
          draft={draft}
          fixedName={service !== null}
          error={error ? showProblem(error).sentence : null}
          onChange={setDraft}
        />
        <Field
          label={t("form.optional", { name: t("edit.description") })}
          maxLength={1_000}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        {service && service.exposures > 0 && (
          <p>{t("service.boards-follow", { count: service.exposures })}</p>
        )}
      </form>
    </Dialog>
  );
};

const Catalogue = ({
  project,
  onChange,
}: {
  readonly project: string;
  readonly onChange: (service: Service | null) => void;
}) => {
  const t = useText();
  const mayCreate = useMay("service.create");
  const list = useServices(project);
  const remove = useRemoveService();
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const columns: readonly Column<Service>[] = [
    { key: "name", title: t("boards.name"), cell: ({ name }) => <strong>{name}</strong> },
    {
      key: "where",
      title: t("service.on-board"),
      cell: ({ host, port, protocol }) => (
        <code>
          {protocol} {host.includes(":") ? `[${host}]` : host}:{port}
        </code>
      ),
    },
    {
      key: "description",
      title: t("edit.description"),
      minor: true,
      cell: ({ description }) => description,
    },
    {
      key: "exposures",
      title: t("service.exposed"),
      align: "end",
      cell: ({ exposures }) => formatNumber(exposures),
    },
    {
      key: "do",
      title: t("do.more"),
      untitled: true,
      align: "end",
      cell: (service) => (
        <Menu
          label={t("service.more", { name: service.name })}
          kind="bare"
          trigger={<Icon name="more" />}
          entries={[
            {
              label: t("do.edit"),
              icon: "edit",
              offBecause: refusalOf(service, "update"),
              onSelect: () => onChange(service),
            },
            "line",
            {
              label: t("do.remove"),
              icon: "archive",
              danger: true,
              offBecause:
                service.exposures > 0
                  ? t("service.in-use", { count: service.exposures })
                  : refusalOf(service, "remove"),
              onSelect: () => remove.mutate(service.uuid),
            },
          ]}
        />
      ),
    },
  ];
  return (
    <Card title={t("service.catalogue")} flush>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading rows={4} />}
      {list.isSuccess && rows.length === 0 && (
        <EmptyState
          title={t("service.none")}
          icon="door"
          action={
            mayCreate && (
              <Button changes kind="primary" icon="plus" onClick={() => onChange(null)}>
                {t("service.new")}
              </Button>
            )
          }
          command="./s4t service create web --port 80"
        >
          {t("service.none-more")}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <Table
          label={t("service.catalogue")}
          columns={columns}
          rows={rows}
          keyOf={({ uuid }) => uuid}
        />
      )}
      {list.hasNextPage && (
        <Button onClick={() => void list.fetchNextPage()}>{t("do.more-rows")}</Button>
      )}
    </Card>
  );
};

const Exposures = ({ project }: { readonly project: string }) => {
  const t = useText();
  const now = useNow();
  const list = useAllExposures(project);
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const columns: readonly Column<Exposure>[] = [
    {
      key: "service",
      title: t("service.one"),
      cell: ({ service }) => <strong>{service.name}</strong>,
    },
    {
      key: "board",
      title: t("connectivity.board"),
      cell: ({ board }) => (
        <Link
          to="/$project/boards/$board"
          params={{ project, board: board.uuid }}
          search={{ section: "services" }}
        >
          {board.name}
        </Link>
      ),
    },
    {
      key: "address",
      title: t("service.address"),
      cell: (exposure) => <PublicAddress exposure={exposure} />,
    },
    {
      key: "state",
      title: t("boards.state"),
      cell: (exposure) => <ExposureState exposure={exposure} live />,
    },
    {
      key: "sources",
      title: t("service.sources"),
      minor: true,
      cell: (exposure) => <Sources exposure={exposure} />,
    },
    {
      key: "expires",
      title: t("tokens.expires"),
      minor: true,
      cell: (exposure) => <Expiry exposure={exposure} now={now} />,
    },
    {
      key: "connections",
      title: t("service.connected-now"),
      align: "end",
      minor: true,
      cell: ({ connections }) => formatNumber(connections),
    },
  ];
  return (
    <Card title={t("service.exposed-all")} flush>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading rows={3} />}
      {list.isSuccess && rows.length === 0 && (
        <EmptyState title={t("service.exposed-none")}>{t("service.exposed-none-more")}</EmptyState>
      )}
      {rows.length > 0 && (
        <Table
          label={t("service.exposed-all")}
          columns={columns}
          rows={rows}
          keyOf={({ service, board }) => `${service.uuid} ${board.uuid}`}
        />
      )}
      {list.hasNextPage && (
        <Button onClick={() => void list.fetchNextPage()}>{t("do.more-rows")}</Button>
      )}
    </Card>
  );
};

export const ServicesPage = () => {
  const t = useText();
  const { project } = useParams({ from: "/$project/services" });
  const mayCreate = useMay("service.create");
  const [open, setOpen] = useState<"new" | Service | null>(null);
  useOfferCommands(
    mayCreate
      ? [
          {
            id: "new-service",
            label: t("service.new"),
            icon: "plus",
            run: () => setOpen("new"),
          },
        ]
      : [],
  );
  return (
    <Page
      title={t("nav.services")}
      actions={
        mayCreate && (
          <Button changes kind="primary" icon="plus" onClick={() => setOpen("new")}>
            {t("service.new")}
          </Button>
        )
      }
    >
      <div className={form.rows}>
        <Exposures project={project} />
        <Catalogue project={project} onChange={(service) => setOpen(service ?? "new")} />
      </div>
      {open && (
        <ServiceDialog service={open === "new" ? null : open} onClose={() => setOpen(null)} />
      )}
    </Page>
  );
};
