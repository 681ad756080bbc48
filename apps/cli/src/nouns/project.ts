import { fail, type Project, paginate, projectRoles } from "@s4t/sdk";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";
import { addSeal } from "../plugin/seal.ts";

const print = ({ out }: Context, project: Project): void =>
  out.thing(project, [
    ["name", project.name],
    ["id", project.uuid],
    ["boards", String(project.boards)],
    ["description", project.description || "–"],
  ]);

const roleOf = (text: string): (typeof projectRoles)[number] => {
  const role = projectRoles.find((known) => known === text);
  if (!role)
    throw fail("request.invalid", {
      where: "role",
      because: `must be one of ${projectRoles.join(", ")}`,
    });
  return role;
};

const members = (project: Command): void => {
  const list = project
    .command("members")
    .description("who has which role")
    .argument("<project>", "id or name");
  examples(list, "project members messina");
  run(list, ({ client, out }, [uuid = ""]) =>
    out.list(
      paginate(client().projects.members, {
        params: { uuid },
        query: { limit: 200 },
      }),
      [
        ["name", (row) => row.name],
        ["role", (row) => row.role],
        ["state", (row) => row.status],
      ],
      "Nobody yet.",
    ),
  );
  const add = project
    .command("add-member")
    .description("give a user a role")
    .argument("<project>", "id or name")
    .argument("<user>", "id or name")
    .argument("<role>", projectRoles.join(", "));
  examples(add, "project add-member messina chiara manager");
  run(add, async ({ client, out }, [uuid = "", user = "", role = ""]) => {
    const member = await client().projects.setMember({
      params: { uuid, user },
      body: { role: roleOf(role) },
    });
    out.thing(member, [
      ["name", member.name],
      ["role", member.role],
    ]);
  });
  const remove = project
    .command("remove-member")
    .description("take a user's role away")
    .argument("<project>", "id or name")
    .argument("<user>", "id or name");
  examples(remove, "project remove-member messina chiara");
  run(remove, async ({ client, out }, [uuid = "", user = ""]) => {
    await client().projects.removeMember({ params: { uuid, user } });
    out.thing({ name: user, status: "removed" }, [["removed", user]]);
  });
};

export const register = (program: Command): void => {
  const project = program.command("project").description("projects and their members");

  const list = project.command("list").description("list projects that you may see");
  examples(list, "project list");
  run(list, ({ client, out }) =>
    out.list(
      paginate(client().projects.list, { query: { limit: 200 } }),
      [
        ["name", (row) => row.name],
        ["boards", (row) => String(row.boards)],
        ["description", (row) => row.description],
        ["id", (row) => row.uuid],
      ],
      "No projects.",
    ),
  );

  const create = project
    .command("create")
    .description("create a project")
    .argument("<name>")
    .option("--description <text>", "what it is for");
  examples(create, "project create messina --description 'The city'");
  run(create, async (context, [name = ""], { description }: { description?: string }) =>
    print(context, await context.client().projects.create({ body: { name, description } })),
  );

  const show = project
    .command("show")
    .description("show a project")
    .argument("<project>", "id or name");
  examples(show, "project show messina");
  run(show, async (context, [uuid = ""]) =>
    print(context, await context.client().projects.show({ params: { uuid } })),
  );

  const update = project
    .command("update")
    .description("change name or description")
    .argument("<project>", "id or name")
    .option("--name <name>", "new name")
    .option("--description <text>", "new description");
  examples(update, "project update messina --name città");
  run(update, async (context, [uuid = ""], body: { name?: string; description?: string }) =>
    print(context, await context.client().projects.update({ params: { uuid }, body })),
  );

  const remove = project
    .command("remove")
    .description("remove an empty project")
    .argument("<project>", "id or name");
  examples(remove, "project remove messina --yes");
  run(remove, async (context, [uuid = ""]) => {
    const client = context.client();
    const { name, uuid: id } = await client.projects.show({ params: { uuid } });
    await context.confirm("The project is removed for good.", name);
    await client.projects.remove({ params: { uuid: id } });
    context.out.thing({ uuid: id, name, status: "removed" }, [["removed", name]]);
  });
  members(project);
  addSeal(project);
};
