// Writing a plugin: a new one, or the next version of one that is there.
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import type { PluginFile } from "../../live/contract.ts";
import { useText } from "../../text/text.ts";
import { Failure, Loading } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { draftOfVersion, newDraft } from "./draft.ts";
import { useLatest } from "./queries.ts";
import { Workbench } from "./workbench.tsx";

const none: readonly PluginFile[] = [];

export const NewPluginPage = () => {
  const { project } = useParams({ from: "/$project/plugins/new" });
  const begin = useMemo(newDraft, []);
  return <Workbench project={project} of="new" begin={begin} kept={none} latest={null} />;
};

export const EditPluginPage = () => {
  const t = useText();
  const { project, plugin: uuid } = useParams({ from: "/$project/plugins/$plugin/edit" });
  const read = useLatest(uuid);
  const made = useMemo(
    () =>
      read.data && {
        begin: draftOfVersion(read.data.plugin.latest, read.data.files),
        kept: read.data.files.filter(({ text }) => text === null),
      },
    [read.data],
  );
  if (read.isError)
    return (
      <Page title={t("nav.plugins")}>
        <Failure error={read.error} onRetry={() => void read.refetch()} />
      </Page>
    );
  if (!made || !read.data)
    return (
      <Page title="…">
        <Loading rows={12} />
      </Page>
    );
  return (
    <Workbench
      project={project}
      of={read.data.plugin.uuid}
      begin={made.begin}
      kept={made.kept}
      latest={read.data.plugin.latest.number}
    />
  );
};
