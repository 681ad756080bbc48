import {
  type DelegableAction,
  type Delegation,
  delegableActions,
  fail,
  momentOf,
  paginate,
} from "@s4t/sdk";
import { type Command, Option } from "commander";
import pc from "picocolors";
import { examples, run } from "../context.ts";

const collect = (value: string, before: string[]): string[] => [...before, value];

interface GivenFlags {
  readonly toUser?: string;
  readonly toProject?: string;
  readonly action: string[];
  readonly until: string;
  readonly depth?: string;
}

const actionOf = (text: string): DelegableAction => {
  const action = delegableActions.find((known) => known === text);
  if (!action)
    throw fail("request.invalid", {
      where: "--action",
      because: `must be one of ${delegableActions.join(", ")}`,
    });
  return action;
};

const toOf = ({ toUser, toProject }: GivenFlags): { user: string } | { project: string } => {
  if (toUser !== undefined && toProject === undefined) return { user: toUser };
  if (toProject !== undefined && toUser === undefined) return { project: toProject };
  throw fail("request.invalid", {
    where: "--to-user",
    because: "or --to-project says to whom; one of them",
  });
};

const msOf = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `7d`, `12h`, or a moment. */
const untilOf = (text: string): string => {
  const span = /^(\d{1,6})([mhd])$/.exec(text);
  const ms = span
    ? Date.now() + Number(span[1]) * msOf[span[2] as keyof typeof msOf]
    : momentOf(text, Date.now());
  if (ms === undefined)
    throw fail("request.invalid", {
      where: "--until",
      because: "must be a time from now as 7d or 12h, or a moment as 2030-01-01T00:00:00Z",
    });
  return new Date(ms).toISOString();
};

const bodyOf = (flags: GivenFlags) => ({
  to: toOf(flags),
  actions: flags.action.map(actionOf),
  until: untilOf(flags.until),
  ...(flags.depth === undefined ? {} : { depth: Number(flags.depth) }),
});

const given = (command: Command): Command =>
  command
    .option("--to-user <user>", "to a user, id or name")
    .option("--to-project <project>", "to whoever is in a project, as far as the role there goes")
    .requiredOption("--action <action>", "what may be done; may be repeated", collect, [])
    .requiredOption("--until <when>", "7d, 12h, or a moment")
    .addOption(new Option("--depth <n>", "how often it may be given on").choices([..."01234"]));

const columns: readonly (readonly [string, (row: Delegation) => string])[] = [
  ["board", (row) => row.board.name],
  ["to", (row) => `${row.to.kind} ${row.to.name}`],
  ["actions", (row) => row.actions.join(" ")],
  ["until", (row) => row.until],
  ["state", (row) => row.state],
  ["by", (row) => row.by.name],
  ["id", (row) => pc.dim(row.uuid)],
];
const rowsOf = (row: Delegation): [string, string][] =>
  columns.map(([name, show]) => [name, show(row)]);

export const register = (program: Command): void => {
  const delegation = program
    .command("delegation")
    .description("boards that somebody outside of the project may do something with");

  const create = given(
    delegation
      .command("create")
      .description("let a user or a project do something on boards, until a moment")
      .argument("<boards...>", "ids or names"),
  );
  examples(
    create,
    "delegation create lamp-7 --to-user chiara --action board.show --action board.restart --until 7d",
    "delegation create lamp-7 lamp-8 --to-project catania --action board.show --until 2030-01-01T00:00:00Z --depth 1",
  );
  run(create, async ({ client, out }, boards, flags: GivenFlags) => {
    const { items } = await client().delegations.create({
      body: { boards: [...boards], ...bodyOf(flags) },
      idempotencyKey: crypto.randomUUID(),
    });
    for (const each of items) out.thing(each, rowsOf(each));
  });

  const list = delegation
    .command("list")
    .description("delegations of the project's boards")
    .option("--board <board>", "only of this one, id");
  examples(list, "delegation list", "delegation list --json");
  run(list, ({ client, out }, _, { board }: { board?: string }) =>
    out.list(
      paginate(client().delegations.list, {
        query: { limit: 200, ...(board === undefined ? {} : { board }) },
      }),
      columns,
      "Nothing is delegated.",
    ),
  );

  const mine = delegation.command("mine").description("boards that were delegated to me");
  examples(mine, "delegation mine");
  run(mine, async ({ client, out }) => {
    const { items } = await client().delegations.mine();
    await out.list(
      items,
      [
        ["board", (row) => row.name],
        ["id", (row) => row.uuid],
        ["actions", (row) => row.actions.join(" ")],
        ["delegations", (row) => row.delegations.map(({ uuid }) => uuid).join(" ")],
      ],
      "Nobody has delegated a board to you.",
    );
  });

  const pass = given(
    delegation
      .command("pass")
      .description("give on what was delegated to me, in nothing wider")
      .argument("<delegation>", "id"),
  );
  examples(
    pass,
    "delegation pass 0192f0c1-0000-7000-8000-000000000000 --to-user piero --action board.show --until 1d",
  );
  run(pass, async ({ client, out }, [uuid = ""], flags: GivenFlags) => {
    const made = await client().delegations.pass({ params: { uuid }, body: bodyOf(flags) });
    out.thing(made, rowsOf(made));
  });

  const revoke = delegation
    .command("revoke")
    .description("take a delegation back, or give it back, with everything that rests on it")
    .argument("<delegation>", "id");
  examples(revoke, "delegation revoke 0192f0c1-0000-7000-8000-000000000000");
  run(revoke, async ({ client, out }, [uuid = ""]) => {
    await client().delegations.revoke({ params: { uuid } });
    out.thing({ name: uuid, status: "revoked" }, [["revoked", uuid]]);
  });
};
