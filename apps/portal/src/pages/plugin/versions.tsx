// Versions of a plugin, newest first: each is what it is for ever.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Plugin, PluginVersion } from "../../live/contract.ts";
import { formatBytes, toMs } from "../../text/format.ts";
import { refusalOf, showProblem } from "../../text/problem.ts";
import { useText } from "../../text/text.ts";
import { Age } from "../../ui/age.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { Card, Facts } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure, Loading, Notice } from "../../ui/notice.tsx";
import css from "./plugin.module.css";
import { useRemoveVersion, useVersions } from "./queries.ts";

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

const RemoveVersionDialog = ({
  plugin,
  version: { version, number },
  onRemoved,
  onClose,
}: {
  readonly plugin: Plugin;
  readonly version: PluginVersion;
  readonly onRemoved: () => void;
  readonly onClose: () => void;
}) => {
  const t = useText();
  const remove = useRemoveVersion(plugin.uuid);
  return (
    <Dialog
      title={t("plugin.remove-version", { n: number, name: plugin.name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("do.cancel")}</Button>
          <Button
            changes
            kind="danger"
            busy={remove.isPending}
            onClick={() => remove.mutate(version, { onSuccess: onRemoved })}
          >
            {t("do.remove")}
          </Button>
        </>
      }
    >
      <p>{t("plugin.remove-version-effect")}</p>
      {remove.error && (
        <Notice tone="bad" icon="alert">
          {showProblem(remove.error).sentence} <code>{showProblem(remove.error).code}</code>
        </Notice>
      )}
    </Dialog>
  );
};

export const ManifestCard = ({
  plugin,
  version,
  onRemoved,
}: {
  readonly plugin: Plugin;
  readonly version: PluginVersion;
  /** The version that is shown is no more. */
  readonly onRemoved: () => void;
}) => {
  const t = useText();
  const [removing, setRemoving] = useState(false);
  const isLatest = version.version === plugin.latest.version;
  const { manifest, signature } = version;
  const { limits, needs } = manifest;
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const yesNo = (on: boolean) => t(on ? "form.yes" : "form.no");
  return (
    <Card
      title={t("plugin.manifest")}
      aside={
        !isLatest && (
          <IconButton
            changes
            kind="quiet"
            icon="archive"
            label={t("plugin.remove-version-more")}
            offBecause={refusalOf(plugin, "remove")}
            onClick={() => setRemoving(true)}
          />
        )
      }
    >
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
      {removing && (
        <RemoveVersionDialog
          plugin={plugin}
          version={version}
          onRemoved={onRemoved}
          onClose={() => setRemoving(false)}
        />
      )}
    </Card>
  );
};
