// What is under way and what has ended: single commands, jobs, and bulk operations with their progress.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Progress } from "../../bulk/progress.tsx";
import { useNow } from "../../live/clock.ts";
import type { Operation } from "../../live/contract.ts";
import { useOperations, useOperationsLive } from "../../live/operations.ts";
import { formatMoment } from "../../text/format.ts";
import { sentenceOf } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Age } from "../../ui/age.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import form from "../../ui/form.module.css";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Segments } from "../../ui/segments.tsx";
import { State } from "../../ui/state.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const useColumns = (project: string): readonly Column<Operation>[] => {
  const t = useText();
  const now = useNow();
  return [
    { key: "state", title: t("boards.state"), cell: ({ status }) => <State state={status} /> },
    {
      key: "what",
      title: t("audit.what"),
      cell: ({ uuid, name }) => (
        <Link to="/$project/operations/$operation" params={{ project, operation: uuid }}>
          <strong>{name}</strong>
        </Link>
      ),
    },
    {
      key: "boards",
      title: t("nav.boards"),
      cell: ({ parts, board }) =>
        parts ? (
          <Progress parts={parts} />
        ) : board ? (
          <Link to="/$project/boards/$board" params={{ project, board }}>
            {t("op.board")}
          </Link>
        ) : (
          "–"
        ),
    },
    { key: "who", title: t("audit.who"), minor: true, cell: ({ actor }) => actor },
    {
      key: "began",
      title: t("op.began"),
      minor: true,
      cell: ({ createdAt }) => (
        <time dateTime={createdAt} title={formatMoment(Date.parse(createdAt))}>
          <Age at={Date.parse(createdAt)} now={now} />
        </time>
      ),
    },
    {
      key: "why",
      title: t("op.why"),
      minor: true,
      cell: ({ problem }) =>
        problem ? sentenceOf(problem.code, problem.sentence, problem.details) : "",
    },
  ];
};

export const OperationsPage = () => {
  const t = useText();
  const navigate = useNavigate();
  const { project } = useParams({ from: "/$project/operations" });
  const { status } = useSearch({ from: "/$project/operations" });
  const list = useOperations(project, status);
  useOperationsLive(project);
  const columns = useColumns(project);
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Page
      title={t("nav.operations")}
      below={
        <Segments
          label={t("boards.state")}
          value={status ?? ""}
          options={[
            { value: "", label: t("audit.any") },
            { value: "queued,running", label: t("state.running") },
            { value: "failed,unknown,expired", label: t("op.not-done") },
            { value: "done", label: t("state.done") },
          ]}
          onChange={(next) =>
            void navigate({ to: ".", search: { status: next || undefined }, replace: true })
          }
        />
      }
    >
      <div className={form.rows}>
        <Card label={t("nav.operations")} flush>
          {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
          {list.isPending && <Loading rows={8} />}
          {list.isSuccess && rows.length === 0 && (
            <EmptyState
              title={status ? t("audit.empty") : t("op.none")}
              icon="play"
              command="./s4t bulk run ping status:online"
            >
              {status ? null : t("op.none-more")}
            </EmptyState>
          )}
          {rows.length > 0 && (
            <Table
              label={t("nav.operations")}
              columns={columns}
              rows={rows}
              keyOf={({ uuid }) => uuid}
            />
          )}
        </Card>
        {list.hasNextPage && (
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("do.earlier")}
          </Button>
        )}
      </div>
    </Page>
  );
};
