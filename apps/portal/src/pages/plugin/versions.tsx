// Versions of a plugin, newest first: each is what it is for ever.
import { Link } from "@tanstack/react-router";
import type { Plugin, PluginVersion } from "../../live/contract.ts";
import { formatBytes, toMs } from "../../text/format.ts";
import { useText } from "../../text/text.ts";
import { Age } from "../../ui/age.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, Facts } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Failure, Loading } from "../../ui/notice.tsx";
import css from "./plugin.module.css";
import { useVersions } from "./queries.ts";

export const VersionsCard = ({
  project,
  plugin,
  shown,
  now,
}: {
  readonly project: string;
  readonly plugin: Plugin;
  readonly shown: PluginVersion;
  readonly now: number;
}) => {
  const t = useText();
  const list = useVersions(plugin.uuid);
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Card title={t("plugin.versions")} flush>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Loading rows={3} />}
      <ol className={css.versions}>
        {rows.map((version) => (
          <li key={version.version}>
            <Link
              to="/$project/plugins/$plugin"
              params={{ project, plugin: plugin.uuid }}
              search={
                version.version === plugin.latest.version ? {} : { version: String(version.number) }
              }
              aria-current={version.version === shown.version ? "true" : undefined}
            >
              <strong>{t("plugin.number", { n: version.number })}</strong>
              <code>{version.version.slice(0, 12)}</code>
              <span>{version.createdBy}</span>
              <Age at={toMs(version.createdAt)} now={now} />
              {version.signature === null && (
                <em className={css.unsigned}>{t("plugin.unsigned")}</em>
              )}
            </Link>
          </li>
        ))}
      </ol>
      {list.hasNextPage && (
        <Button onClick={() => void list.fetchNextPage()}>{t("do.more-rows")}</Button>
      )}
    </Card>
  );
};

export const ManifestCard = ({ version }: { readonly version: PluginVersion }) => {
  const t = useText();
  const { manifest, signature } = version;
  const { limits, needs } = manifest;
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const yesNo = (on: boolean) => t(on ? "form.yes" : "form.no");
  return (
    <Card title={t("plugin.manifest")}>
      <Facts
        rows={[
          [
            t("plugin.version"),
            <span key="id" className={css.id}>
              <code>{version.version.slice(0, 16)}</code>
              <CopyButton value={version.version} />
            </span>,
          ],
          [t("plugin.entry"), <code key="entry">{manifest.entry}</code>],
          [t("plugin.files"), `${manifest.files.length}, ${formatBytes(total)}`],
          [t("plugin.isolated"), yesNo(manifest.isolated)],
          [t("plugin.memory"), formatBytes(limits.memoryMiB * 1_048_576)],
          [t("plugin.cpu"), `${limits.cpuPercent} %`],
          [t("plugin.processes"), limits.processes],
          [t("plugin.call-time"), t("unit.s", { n: limits.callS })],
          [t("plugin.network"), yesNo(needs.network)],
          [t("plugin.children"), yesNo(needs.children)],
          ...(needs.read.length > 0 ? ([[t("plugin.reads"), needs.read.join(", ")]] as const) : []),
          ...(needs.write.length > 0
            ? ([[t("plugin.writes"), needs.write.join(", ")]] as const)
            : []),
          [
            t("plugin.signed"),
            signature ? <code key="key">{signature.key.slice(0, 16)}</code> : t("plugin.unsigned"),
          ],
        ]}
      />
    </Card>
  );
};
