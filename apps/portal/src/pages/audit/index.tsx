// Who did what to what, and whether the log still proves it.
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useNow } from "../../live/clock.ts";
import type { AuditEntry } from "../../live/contract.ts";
import { useTopic } from "../../live/events.ts";
import { useMay } from "../../live/session.ts";
import { formatClock, formatMoment, formatNumber } from "../../text/format.ts";
import { useText } from "../../text/text.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Card, Facts } from "../../ui/card.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import form from "../../ui/form.module.css";
import { EmptyState, Failure, Loading, Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useAudit, useHead, useVerify } from "./queries.ts";

const Verdict = ({ verify }: { readonly verify: ReturnType<typeof useVerify> }) => {
  const t = useText();
  const verdict = verify.data;
  if (!verdict) return null;
  return verdict.intact ? (
    <Notice tone="ok" icon="check">
      {t("audit.intact", {
        size: formatNumber(verdict.size),
        witnessed: formatNumber(verdict.witnessed),
      })}
    </Notice>
  ) : (
    <Notice tone="bad" icon="alert">
      {t("audit.broken", { index: verdict.firstBad ?? "?", because: verdict.because ?? "" })}
    </Notice>
  );
};

const EntryDialog = ({
  entry,
  onClose,
}: {
  readonly entry: AuditEntry;
  readonly onClose: () => void;
}) => {
  const t = useText();
  return (
    <Dialog title={t("audit.details", { index: entry.index ?? "…" })} onClose={onClose}>
      <Facts
        rows={[
          [t("audit.when"), formatMoment(Date.parse(entry.at))],
          [t("audit.who"), `${entry.actor.name} (${entry.actor.kind})`],
          [t("audit.what"), <code key="what">{entry.name}</code>],
          [
            t("audit.on"),
            entry.resource
              ? `${entry.resource.noun} ${entry.resource.name ?? entry.resource.uuid}`
              : "–",
          ],
          [t("audit.result"), <State key="result" state={entry.status} />],
          [t("audit.from"), entry.address ?? "–"],
          ...Object.entries(entry.facts).map(([name, value]): [string, string] => [
            name,
            typeof value === "string" ? value : JSON.stringify(value),
          ]),
          [t("audit.leaf"), <code key="leaf">{entry.leaf ?? "…"}</code>],
        ]}
      />
    </Dialog>
  );
};

/** An action's name, which may break after its dots. */
const Name = ({ name }: { readonly name: string }) =>
  name.split(".").flatMap((part, i) => (i === 0 ? [part] : [".", <wbr key={part} />, part]));

const useColumns = (onShow: (entry: AuditEntry) => void): readonly Column<AuditEntry>[] => {
  const t = useText();
  const now = useNow();
  return [
    {
      key: "when",
      title: t("audit.when"),
      cell: ({ at }) => (
        <time dateTime={at} title={formatMoment(Date.parse(at))}>
          {formatClock(Date.parse(at), now, true)}
        </time>
      ),
    },
    { key: "who", title: t("audit.who"), cell: ({ actor }) => <strong>{actor.name}</strong> },
    { key: "what", title: t("audit.what"), cell: ({ name }) => <Name name={name} /> },
    {
      key: "on",
      title: t("audit.on"),
      minor: true,
      cell: ({ resource }) => resource?.name ?? resource?.uuid ?? "–",
    },
    { key: "result", title: t("audit.result"), cell: ({ status }) => <State state={status} /> },
    { key: "from", title: t("audit.from"), minor: true, cell: ({ address }) => address ?? "–" },
    {
      key: "show",
      title: t("audit.show"),
      untitled: true,
      align: "end",
      cell: (entry) => (
        <IconButton
          kind="quiet"
          icon="right"
          label={t("audit.show")}
          onClick={() => onShow(entry)}
        />
      ),
    },
  ];
};

export const AuditPage = () => {
  const t = useText();
  const navigate = useNavigate();
  const { project } = useParams({ from: "/$project/audit" });
  const search = useSearch({ from: "/$project/audit" });
  const list = useAudit(project, { action: search.action, actor: search.actor });
  const head = useHead(project).data;
  const mayVerify = useMay("audit.verify");
  const verify = useVerify();
  const now = useNow();
  const [shown, setShown] = useState<AuditEntry | null>(null);
  const columns = useColumns(setShown);
  const [added, setAdded] = useState(0);
  useTopic("audit", project, ({ added: rows }, kind) => {
    if (kind === "change") setAdded((count) => count + rows.length);
  });
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  const filter = (key: "action" | "actor") => (event: { target: { value: string } }) =>
    void navigate({
      to: ".",
      search: (previous) => ({ ...previous, [key]: event.target.value.trim() || undefined }),
      replace: true,
    });
  const readAgain = () => {
    setAdded(0);
    void list.refetch();
  };
  return (
    <Page
      title={t("audit.title")}
      actions={
        mayVerify && (
          <Button changes icon="shield" busy={verify.isPending} onClick={() => verify.mutate()}>
            {t("audit.verify")}
          </Button>
        )
      }
      beside={
        added > 0 && <Button onClick={readAgain}>{t("audit.added", { count: added })}</Button>
      }
      below={
        <div className={form.filters}>
          <Field
            label={t("audit.action")}
            type="search"
            placeholder="board.update"
            defaultValue={search.action ?? ""}
            onChange={filter("action")}
          />
          <Field
            label={t("audit.who")}
            type="search"
            defaultValue={search.actor ?? ""}
            onChange={filter("actor")}
          />
          {head && (
            <p>
              {t("audit.signed", {
                size: formatNumber(head.size),
                at: formatClock(Date.parse(head.at), now),
              })}
            </p>
          )}
        </div>
      }
    >
      <Verdict verify={verify} />
      <Card label={t("audit.title")} flush>
        {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isPending && <Loading rows={10} />}
        {list.isSuccess && rows.length === 0 && <EmptyState title={t("audit.empty")} icon="file" />}
        {rows.length > 0 && (
          <Table
            label={t("audit.title")}
            columns={columns}
            rows={rows}
            keyOf={({ uuid }) => uuid}
          />
        )}
      </Card>
      {list.hasNextPage && (
        <p className={form.more}>
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("do.earlier")}
          </Button>
        </p>
      )}
      {shown && <EntryDialog entry={shown} onClose={() => setShown(null)} />}
    </Page>
  );
};
