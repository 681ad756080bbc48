// The files of a version, to read.
import { Suspense, useState } from "react";
import { CodeEditor } from "../../code/index.ts";
import { languageOf } from "../../code/language-of.ts";
import type { PluginVersion } from "../../live/contract.ts";
import { formatBytes } from "../../text/format.ts";
import { useText } from "../../text/text.ts";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { FileTabs } from "../../ui/file-tabs.tsx";
import { EmptyState, Failure, Loading } from "../../ui/notice.tsx";
import { useFiles } from "./queries.ts";

export const SourceCard = ({
  plugin,
  version,
}: {
  readonly plugin: string;
  readonly version: PluginVersion;
}) => {
  const t = useText();
  const read = useFiles(plugin, version);
  const [chosen, setChosen] = useState(version.manifest.entry);
  const files = read.data ?? [];
  const shown = files.find(({ path }) => path === chosen) ?? files[0];
  const content = () => {
    if (read.isError) return <Failure error={read.error} onRetry={() => void read.refetch()} />;
    if (!shown) return <Loading rows={8} />;
    if (shown.text === null)
      return (
        <EmptyState title={t("plugin.not-text", { bytes: formatBytes(shown.bytes.length) })} />
      );
    return (
      <Suspense fallback={<Loading rows={8} />}>
        <CodeEditor
          key={`${version.version} ${shown.path}`}
          label={shown.path}
          language={languageOf(shown.path)}
          value={shown.text}
          grows
        />
      </Suspense>
    );
  };
  return (
    <Card
      title={t("plugin.source")}
      aside={
        <>
          <span>{t("plugin.number", { n: version.number })}</span>
          {shown?.text && <CopyButton value={shown.text} />}
        </>
      }
      flush
    >
      {files.length > 1 && (
        <FileTabs
          label={t("plugin.files")}
          paths={files.map(({ path }) => path)}
          chosen={shown?.path ?? ""}
          onChoose={setChosen}
        />
      )}
      {content()}
    </Card>
  );
};
