// Which project the page is about. Administrators also see all of them at once.
import { useNavigate } from "@tanstack/react-router";
import { ALL_PROJECTS } from "../live/contract.ts";
import { useSession } from "../live/session.ts";
import { useText } from "../text/text.ts";
import { Icon } from "../ui/icon.tsx";
import { Menu } from "../ui/menu.tsx";

export const ProjectMenu = ({ project }: { readonly project: string }) => {
  const t = useText();
  const session = useSession();
  const navigate = useNavigate();
  const nameOf = (key: string) => (key === ALL_PROJECTS ? t("project.all") : key);
  const names = session?.projects.map(({ name }) => name) ?? [];
  const choices = session?.user.admin ? [...names, ALL_PROJECTS] : names;
  return (
    <Menu
      label={`${nameOf(project)}: ${t("project.choose")}`}
      kind="wide"
      trigger={
        <>
          <span>{nameOf(project)}</span>
          <Icon name="down" size={16} />
        </>
      }
      entries={choices.map((name) => ({
        label: nameOf(name),
        chosen: name === project,
        onSelect: () => void navigate({ to: "/$project/boards", params: { project: name } }),
      }))}
    />
  );
};
