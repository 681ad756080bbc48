// How a service is exposed: where it is reached, whether the door is open and the board lets it in, who may, until when.
import type { Exposure } from "../live/contract.ts";
import { formatSpan, toMs } from "../text/format.ts";
import { sentenceOf } from "../text/problem.ts";
import { useText } from "../text/text.ts";
import { CopyButton } from "../ui/copy.tsx";
import { Icon } from "../ui/icon.tsx";
import { State } from "../ui/state.tsx";
import css from "./service.module.css";

const hostOf = (host: string): string => (host.includes(":") ? `[${host}]` : host);
export const addressOf = ({ publicHost, publicPort }: Exposure): string =>
  `${hostOf(publicHost)}:${publicPort}`;

export const PublicAddress = ({ exposure }: { readonly exposure: Exposure }) => (
  <>
    <span className={css.address}>
      <code>{addressOf(exposure)}</code>
      <CopyButton value={addressOf(exposure)} />
    </span>
    {exposure.warning && (
      <p className={css.warning}>
        <Icon name="alert" size={15} />
        {sentenceOf(exposure.warning.code, exposure.warning.sentence)}
      </p>
    )}
  </>
);

/** The first thing that keeps a connection from going through, in one word with its reason. */
export const ExposureState = ({
  exposure: { entry, door },
  live,
}: {
  readonly exposure: Exposure;
  readonly live: boolean;
}) => {
  const problem = door.problem ?? entry.problem;
  const state = door.problem ? "failed" : entry.state !== "reached" ? entry.state : "open";
  return (
    <>
      <State state={state} stale={!live && state === "open"} />
      {problem && (
        <p className={css.problem}>
          {sentenceOf(problem.code, problem.sentence)} <code>{problem.code}</code>
        </p>
      )}
    </>
  );
};

export const Sources = ({ exposure: { sources } }: { readonly exposure: Exposure }) => {
  const t = useText();
  if (sources.length === 0) return <span className={css.all}>{t("service.everybody")}</span>;
  return <span className={css.sources}>{sources.join(", ")}</span>;
};

export const Expiry = ({
  exposure: { expiresAt },
  now,
}: {
  readonly exposure: Exposure;
  readonly now: number;
}) => {
  const t = useText();
  const at = toMs(expiresAt);
  if (at === null) return <span>{t("service.no-end")}</span>;
  return (
    <time dateTime={expiresAt ?? ""} title={new Date(at).toLocaleString()}>
      {at > now ? t("service.ends-in", { span: formatSpan(at - now) }) : t("state.expired")}
    </time>
  );
};
