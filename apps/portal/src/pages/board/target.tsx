// What should be true on the board, and what is: one line an entry, with the reason where they differ.
import { useNow } from "../../live/clock.ts";
import type { Board } from "../../live/contract.ts";
import { toMs } from "../../text/format.ts";
import { sentenceOf } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Age } from "../../ui/age.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { State } from "../../ui/state.tsx";
import { Table } from "../../ui/table.tsx";
import { useTarget } from "./queries.ts";
import css from "./target.module.css";

export const TargetCard = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const now = useNow();
  const target = useTarget(board.uuid);
  const content = () => {
    if (target.isError)
      return <Failure error={target.error} onRetry={() => void target.refetch()} />;
    if (!target.data) return <Loading rows={3} />;
    if (target.data.entries.length === 0) return <EmptyState title={t("target.empty")} />;
    return (
      <Table
        label={t("target.entries")}
        rows={target.data.entries}
        keyOf={({ key }) => key}
        columns={[
          {
            key: "key",
            title: t("target.entry"),
            cell: ({ key, problem }) => (
              <>
                <span className={css.key}>{key}</span>
                {problem && (
                  <p className={css.problem}>
                    {sentenceOf(problem.code, problem.sentence)} <code>{problem.code}</code>
                  </p>
                )}
              </>
            ),
          },
          {
            key: "state",
            title: t("boards.state"),
            cell: ({ state }) => (
              <State state={state} stale={!board.connectivity.connected && state !== "waiting"} />
            ),
          },
          {
            key: "since",
            title: t("target.since"),
            align: "end",
            minor: true,
            cell: ({ since }) => (since ? <Age at={toMs(since)} now={now} /> : "–"),
          },
        ]}
      />
    );
  };
  return (
    <Card
      title={t("target.title")}
      aside={t("target.revision", { reached: board.target.reached, wanted: board.target.wanted })}
      flush
    >
      {content()}
    </Card>
  );
};
