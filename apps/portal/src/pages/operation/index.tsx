// One operation: how it stands, and of a bulk operation what became of each board, as it happens.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Progress } from "../../bulk/progress.tsx";
import type { Bulk, BulkBoard, Operation } from "../../live/contract.ts";
import {
  useBulk,
  useBulkBoards,
  useCancelOperation,
  useOperation,
  useOperationsLive,
  useStartBulk,
} from "../../live/operations.ts";
import { useMay } from "../../live/session.ts";
import { formatMoment, formatNumber } from "../../text/format.ts";
import { sentenceOf } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Button } from "../../ui/button.tsx";
import { Card, Facts } from "../../ui/card.tsx";
import form from "../../ui/form.module.css";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { Segments } from "../../ui/segments.tsx";
import { State } from "../../ui/state.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const notDone = "failed,unknown,expired,canceled";

const answerOf = (result: unknown): string => (result == null ? "" : JSON.stringify(result));

const useColumns = (project: string): readonly Column<BulkBoard>[] => {
  const t = useText();
  return [
    { key: "state", title: t("boards.state"), cell: ({ status }) => <State state={status} /> },
    {
      key: "name",
      title: t("boards.name"),
      cell: ({ board, name }) => (
        <Link to="/$project/boards/$board" params={{ project, board }}>
          <strong>{name}</strong>
        </Link>
      ),
    },
    {
      key: "answer",
      title: t("op.answer"),
      cell: ({ problem, result }) =>
        problem ? sentenceOf(problem.code, problem.sentence, problem.details) : answerOf(result),
    },
    {
      key: "ended",
      title: t("op.ended"),
      minor: true,
      cell: ({ endedAt }) => (endedAt ? formatMoment(Date.parse(endedAt)) : ""),
    },
  ];
};

const Boards = ({ project, uuid }: { readonly project: string; readonly uuid: string }) => {
  const t = useText();
  const navigate = useNavigate();
  const { status } = useSearch({ from: "/$project/operations/$operation" });
  const list = useBulkBoards(project, uuid, true, status);
  const columns = useColumns(project);
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <>
      <div>
        <Segments
          label={t("boards.state")}
          value={status ?? ""}
          options={[
            { value: "", label: t("audit.any") },
            { value: "queued,running", label: t("op.to-come") },
            { value: notDone, label: t("op.not-done") },
            { value: "done", label: t("state.done") },
          ]}
          onChange={(next) =>
            void navigate({ to: ".", search: { status: next || undefined }, replace: true })
          }
        />
      </div>
      <Card title={t("nav.boards")} flush>
        {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isPending && <Loading rows={8} />}
        {list.isSuccess && rows.length === 0 && (
          <EmptyState title={t("audit.empty")} icon="board" />
        )}
        {rows.length > 0 && (
          <Table
            label={t("nav.boards")}
            columns={columns}
            rows={rows}
            keyOf={({ board }) => board}
          />
        )}
      </Card>
      {list.hasNextPage && (
        <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t("do.more-rows")}
        </Button>
      )}
    </>
  );
};

const Acts = ({
  project,
  operation,
  bulk,
}: {
  readonly project: string;
  readonly operation: Operation;
  readonly bulk: Bulk | undefined;
}) => {
  const t = useText();
  const navigate = useNavigate();
  const cancel = useCancelOperation();
  const start = useStartBulk();
  const mayCancel = useMay("operation.cancel");
  const mayAgain = useMay(bulk?.action ?? "bulk.start");
  const { parts, status, uuid } = operation;
  const isGoing = status === "running" || status === "queued";
  const left = parts ? parts.failed + parts.unknown + parts.expired + parts.canceled : 0;
  const again = () => {
    if (!bulk) return;
    const { action, params, body } = bulk;
    start.mutate(
      { action, params, body, selection: { again: { bulk: uuid } } },
      {
        onSuccess: ({ uuid: next }) =>
          void navigate({
            to: "/$project/operations/$operation",
            params: { project, operation: next },
          }),
      },
    );
  };
  return (
    <>
      {isGoing && (parts || status === "queued") && mayCancel && (
        <Button changes icon="stop" busy={cancel.isPending} onClick={() => cancel.mutate(uuid)}>
          {t("op.cancel")}
        </Button>
      )}
      {!isGoing && bulk && left > 0 && mayAgain && (
        <Button changes kind="primary" icon="refresh" busy={start.isPending} onClick={again}>
          {t("op.again", { count: left })}
        </Button>
      )}
    </>
  );
};

export const OperationPage = () => {
  const t = useText();
  const { project, operation: uuid } = useParams({ from: "/$project/operations/$operation" });
  const read = useOperation(project, uuid);
  useOperationsLive(project);
  const operation = read.data;
  const isBulk = operation?.parts !== undefined;
  const bulk = useBulk(project, uuid, isBulk).data;
  if (read.isError)
    return (
      <Page title={t("nav.operations")}>
        <Failure error={read.error} onRetry={() => void read.refetch()} />
      </Page>
    );
  if (!operation)
    return (
      <Page title="…">
        <Loading rows={8} />
      </Page>
    );
  const { name, status, actor, createdAt, endedAt, problem, result, parts, board } = operation;
  return (
    <Page
      title={name}
      count={parts && formatNumber(parts.total)}
      beside={<State state={status} pill />}
      actions={<Acts project={project} operation={operation} bulk={bulk} />}
    >
      <div className={form.rows}>
        <Card label={t("op.how")}>
          <div className={form.rows}>
            {parts && <Progress parts={parts} words />}
            <Facts
              rows={[
                [t("audit.who"), actor],
                [t("op.began"), formatMoment(Date.parse(createdAt))],
                ...(endedAt ? [[t("op.ended"), formatMoment(Date.parse(endedAt))] as const] : []),
                ...(bulk
                  ? [
                      [
                        t("op.which"),
                        <code key="which">{JSON.stringify(bulk.selection)}</code>,
                      ] as const,
                      ...Object.entries(bulk.params).map(([key, value]) => [key, value] as const),
                    ]
                  : []),
                ...(bulk?.waitUntil
                  ? [[t("op.waits"), formatMoment(Date.parse(bulk.waitUntil))] as const]
                  : []),
                ...(board
                  ? [
                      [
                        t("op.board"),
                        <Link key="board" to="/$project/boards/$board" params={{ project, board }}>
                          {board}
                        </Link>,
                      ] as const,
                    ]
                  : []),
                ...(problem
                  ? [
                      [
                        t("op.why"),
                        sentenceOf(problem.code, problem.sentence, problem.details),
                      ] as const,
                    ]
                  : []),
                ...(result == null
                  ? []
                  : [[t("op.answer"), <code key="answer">{answerOf(result)}</code>] as const]),
              ]}
            />
          </div>
        </Card>
        {isBulk && <Boards project={project} uuid={uuid} />}
      </div>
    </Page>
  );
};
