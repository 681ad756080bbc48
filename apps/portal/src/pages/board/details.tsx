// What is known of a board and of its way to the cloud.
import { useNow } from "../../live/clock.ts";
import type { Board } from "../../live/contract.ts";
import {
  formatBytes,
  formatDay,
  formatMoment,
  formatNumber,
  formatSpan,
  toMs,
} from "../../text/format.ts";
import { useText } from "../../text/text.ts";
import { Card, Facts } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Icon, type IconName } from "../../ui/icon.tsx";
import css from "./details.module.css";
import { LinkNews } from "./link-news.tsx";

const Hop = ({
  icon,
  name,
  detail,
  aside,
  broken = false,
}: {
  readonly icon: IconName;
  readonly name: string;
  readonly detail?: string | null;
  readonly aside?: string | null;
  readonly broken?: boolean;
}) => (
  <li data-broken={broken || undefined}>
    <Icon name={icon} />
    <div>
      <p>{name}</p>
      {detail && <p className={css.detail}>{detail}</p>}
    </div>
    {aside && <span>{aside}</span>}
  </li>
);

export const Connectivity = ({ board }: { readonly board: Board }) => {
  const t = useText();
  const now = useNow();
  const { connectivity: link } = board;
  const since = toMs(link.since);
  return (
    <Card
      title={t("connectivity.title")}
      aside={since === null ? undefined : t("connectivity.since", { day: formatDay(since, now) })}
    >
      <ol className={css.path}>
        <Hop
          icon="board"
          name={t("connectivity.board")}
          detail={board.info?.interfaces.flatMap(({ addresses }) => addresses)[0] ?? null}
        />
        <Hop
          icon="link"
          name={
            link.connected
              ? t("connectivity.link")
              : link.lastSeenAt
                ? t("connectivity.broken")
                : t("connectivity.none")
          }
          detail={link.address && t("connectivity.from", { address: link.address })}
          aside={
            link.connected && link.latencyMs !== null
              ? t("unit.ms", { n: formatNumber(link.latencyMs, link.latencyMs < 10 ? 1 : 0) })
              : null
          }
          broken={!link.connected}
        />
        <Hop
          icon="cloud"
          name={t("connectivity.cloud")}
          detail={link.epoch > 0 ? t("connectivity.sessions", { count: link.epoch }) : null}
        />
      </ol>
      <LinkNews board={board} />
    </Card>
  );
};

export const DetailsCard = ({
  board,
  whole = false,
}: {
  readonly board: Board;
  readonly whole?: boolean;
}) => {
  const t = useText();
  const now = useNow();
  const { info, agent } = board;
  const created = Date.parse(board.createdAt);
  const id = (
    <span className={css.id}>
      <code>{whole ? board.uuid : `${board.uuid.slice(0, 8)}…${board.uuid.slice(-4)}`}</code>
      <CopyButton value={board.uuid} />
    </span>
  );
  const short: [string, React.ReactNode][] = [
    [t("details.id"), id],
    [t("details.system"), [info?.os, info?.arch].filter(Boolean).join(", ") || "–"],
    [
      t("details.agent"),
      agent.version ? <code key="agent">{`${agent.kind} ${agent.version}`}</code> : "–",
    ],
    [t("details.up"), info?.uptimeS ? formatSpan(info.uptimeS * 1_000) : "–"],
    [t("details.key"), board.fingerprint ? <code key="key">{board.fingerprint}</code> : "–"],
  ];
  const long: [string, React.ReactNode][] = [
    [t("details.hostname"), info?.hostname || "–"],
    [t("details.model"), info?.model ?? "–"],
    [t("details.kernel"), info?.kernel || "–"],
    [t("details.processors"), info?.cpus ? formatNumber(info.cpus) : "–"],
    [t("details.memory"), info?.memoryBytes ? formatBytes(info.memoryBytes) : "–"],
    [t("details.runtime"), info?.runtime || "–"],
    [t("details.time-zone"), info?.timeZone ?? "–"],
    [t("details.features"), agent.features.join(", ") || "–"],
    [t("details.contract"), agent.contract === null ? "–" : String(agent.contract)],
    ...(info?.interfaces ?? []).map(({ name, addresses }): [string, React.ReactNode] => [
      name,
      <code key={name}>{addresses.join(", ") || "–"}</code>,
    ]),
    [t("details.revision"), String(board.rev)],
    [
      t("details.created"),
      <time key="created" dateTime={board.createdAt} title={formatMoment(created)}>
        {formatDay(created, now)}
      </time>,
    ],
  ];
  return (
    <Card title={t("details.title")}>
      {board.description && <p className={css.description}>{board.description}</p>}
      <Facts rows={whole ? [...short, ...long] : short} />
    </Card>
  );
};
