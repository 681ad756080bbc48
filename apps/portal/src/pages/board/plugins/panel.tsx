// One plugin on a board: called or started, how it is now, its lines.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useNow } from "../../../live/clock.ts";
import type { Board, Injection, PluginStatus } from "../../../live/contract.ts";
import { type Act, acts, useAct, useTakeOff } from "../../../live/plugins.ts";
import { CallPanel } from "../../../plugin/call-panel.tsx";
import { PluginLines } from "../../../plugin/lines.tsx";
import { formatBytes, formatNumber, formatSpan } from "../../../text/format.ts";
import { refusalOf, sentenceOf, showProblem } from "../../../text/problem.ts";
import { type TextKey, useText } from "../../../text/text.ts";
import { Age } from "../../../ui/age.tsx";
import { Button } from "../../../ui/button.tsx";
import { Card, Facts } from "../../../ui/card.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { Menu } from "../../../ui/menu.tsx";
import { Failure, Loading } from "../../../ui/notice.tsx";
import { showToast } from "../../../ui/toast.tsx";
import css from "../section.module.css";
import { InjectDialog } from "./inject.tsx";
import { useManifest, usePluginStatus } from "./queries.ts";

const icons = { start: "play", stop: "stop", restart: "refresh" } as const;

/** Why an act makes no sense now, or null. */
const pointless = (act: Act, state: Injection["state"]): TextKey | null => {
  if (act === "start" && (state === "running" || state === "stopping")) return "plugin.runs";
  if (act === "stop" && state !== "running" && state !== "stopping") return "plugin.runs-not";
  return null;
};

const StatusFacts = ({
  status,
  injection,
  now,
}: {
  readonly status: PluginStatus | undefined;
  readonly injection: Injection;
  readonly now: number;
}) => {
  const t = useText();
  const exit = status?.exit ?? injection.exit;
  const isAsync = injection.plugin.mode === "async";
  const rows: (readonly [string, React.ReactNode])[] = [];
  if (isAsync) {
    rows.push([t("plugin.on-boot"), t(injection.onBoot ? "form.yes" : "form.no")]);
    rows.push([t("plugin.restart"), t(`plugin.restart.${injection.restart}`)]);
  }
  if (status) {
    const { startedAtMs, calls, restarts, memoryBytes, cpuMs, pid } = status;
    if (startedAtMs !== null)
      rows.push([t("plugin.runs-for"), formatSpan(Math.max(0, now - startedAtMs))]);
    rows.push([t("plugin.calls"), formatNumber(calls)]);
    if (isAsync) rows.push([t("plugin.restarts"), formatNumber(restarts)]);
    if (memoryBytes !== null) rows.push([t("plugin.memory-now"), formatBytes(memoryBytes)]);
    if (cpuMs !== null) rows.push([t("plugin.cpu-now"), formatSpan(cpuMs)]);
    if (pid !== null) rows.push([t("plugin.pid"), pid]);
  }
  if (exit)
    rows.push([
      t("plugin.last-exit"),
      <span key="exit">
        {t(`plugin.exit.${exit.reason}`)}
        {exit.code === null ? "" : ` (${exit.code})`}
        {exit.signal === null ? "" : ` (${exit.signal})`} · <Age at={exit.atMs} now={now} />
      </span>,
    ]);
  return (
    <>
      <Facts rows={rows} />
      {exit?.sentence && exit.reason !== "finished" && (
        <p className={css.problem}>{exit.sentence}</p>
      )}
    </>
  );
};

const Acts = ({
  board,
  injection,
  off,
}: {
  readonly board: Board;
  readonly injection: Injection;
  readonly off: (action: string) => string | null;
}) => {
  const t = useText();
  const act = useAct(board.uuid);
  const { name } = injection.plugin;
  const run = (wanted: Act) =>
    act.mutate(
      { plugin: name, act: wanted },
      {
        onSuccess: ({ problem }) =>
          problem
            ? showToast({
                tone: "bad",
                title: sentenceOf(problem.code, problem.sentence),
                detail: problem.code,
              })
            : showToast({ tone: "ok", title: t(`plugin.did.${wanted}`, { name }) }),
        onError: (error) => showToast({ tone: "bad", title: showProblem(error).sentence }),
      },
    );
  return (
    <div className={css.doing}>
      {acts.map((each) => {
        const point = pointless(each, injection.state);
        return (
          <Button
            key={each}
            icon={icons[each]}
            changes
            busy={act.isPending && act.variables.act === each}
            offBecause={off(each) ?? (point && t(point))}
            onClick={() => run(each)}
          >
            {t(`do.${each === "restart" ? "restart-plugin" : each}`)}
          </Button>
        );
      })}
    </div>
  );
};

const TakeOffDialog = ({
  board,
  name,
  onClose,
}: {
  readonly board: Board;
  readonly name: string;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const takeOff = useTakeOff(board.uuid);
  return (
    <Dialog
      title={t("plugin.take-off", { name, board: board.name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button
            changes
            kind="danger"
            busy={takeOff.isPending}
            onClick={() => takeOff.mutate(name, { onSuccess: onClose })}
          >
            {t("do.remove")}
          </Button>
        </>
      }
    >
      <p>{t("plugin.take-off-effect")}</p>
    </Dialog>
  );
};

export const PluginPanel = ({
  project,
  board,
  injection,
}: {
  readonly project: string;
  readonly board: Board;
  readonly injection: Injection;
}) => {
  const t = useText();
  const now = useNow();
  const live = board.connectivity.connected;
  const { plugin, version } = injection;
  const manifest = useManifest(plugin.uuid, version);
  const status = usePluginStatus(board.uuid, plugin.name, live && injection.state !== null);
  const [open, setOpen] = useState<"change" | "take-off" | null>(null);
  const off = (action: string): string | null => {
    const refused = refusalOf(injection, action);
    if (refused !== null) return refused;
    if (!live) return t("board.needs-live");
    // Until the board has told of it, it is on its way.
    return injection.state === null && injection.entry.state === "waiting"
      ? t("plugin.on-its-way")
      : null;
  };
  const may = (action: string) => refusalOf(injection, action);
  const isAsync = plugin.mode === "async";
  return (
    <div className={css.halves}>
      <Card
        title={isAsync ? plugin.name : t("plugin.call", { name: plugin.name })}
        aside={
          <>
            <Link to="/$project/plugins/$plugin" params={{ project, plugin: plugin.uuid }}>
              {t("plugin.source")}
            </Link>
            <Menu
              label={t("do.more")}
              kind="bare"
              trigger={<Icon name="more" />}
              entries={[
                {
                  label: t("plugin.change-how"),
                  icon: "sliders",
                  offBecause: may("inject"),
                  onSelect: () => setOpen("change"),
                },
                "line",
                {
                  label: t("plugin.take-off-this"),
                  icon: "archive",
                  danger: true,
                  offBecause: may("remove"),
                  onSelect: () => setOpen("take-off"),
                },
              ]}
            />
          </>
        }
      >
        <div className={css.lines}>
          {manifest.isError && <Failure error={manifest.error} />}
          {manifest.isPending && <Loading rows={3} />}
          {isAsync && <Acts board={board} injection={injection} off={off} />}
          {!isAsync && manifest.data && (
            <CallPanel
              board={board.uuid}
              plugin={plugin.name}
              schema={manifest.data.manifest.parameters}
              kept={injection.parameters}
              offBecause={off("call")}
              now={now}
              onCalled={() => void status.refetch()}
            />
          )}
          <StatusFacts status={status.data} injection={injection} now={now} />
        </div>
      </Card>
      <Card title={t("lines.title")}>
        <PluginLines
          project={project}
          board={board.uuid}
          plugin={plugin.name}
          live={live}
          now={now}
        />
      </Card>
      {open === "change" && (
        <InjectDialog
          board={board}
          present={injection}
          onClose={() => setOpen(null)}
          onDone={() => setOpen(null)}
        />
      )}
      {open === "take-off" && (
        <TakeOffDialog board={board} name={plugin.name} onClose={() => setOpen(null)} />
      )}
    </div>
  );
};
