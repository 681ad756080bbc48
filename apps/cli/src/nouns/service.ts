import { type Exposure, paginate, type Service } from "@s4t/sdk";
import type { Command } from "commander";
import pc from "picocolors";
import { type Context, examples, run } from "../context.ts";
import { ageText, stateText } from "../output.ts";

const printService = ({ out }: Context, service: Service): void =>
  out.thing(service, [
    ["name", pc.bold(service.name)],
    ["id", service.uuid],
    ["leads to", `${service.host}:${service.port} as its boards reach it`],
    ["exposed on", `${service.exposures} boards`],
    ["about", service.description || "–"],
  ]);

const publicOf = ({ publicHost, publicPort }: Exposure): string => `${publicHost}:${publicPort}`;

const whyOf = ({ entry, door, warning }: Exposure): string =>
  (door.problem ?? entry.problem ?? warning)?.sentence ?? "";

const printExposure = ({ out }: Context, exposure: Exposure): void => {
  const { service, board, sources, expiresAt, entry, door, warning } = exposure;
  out.thing(exposure, [
    ["public", pc.bold(publicOf(exposure))],
    ["leads to", `${service.name} (port ${service.port}) on ${board.name}`],
    ["on the board", stateText(entry.state)],
    ["door", door.open ? "open" : (door.problem?.sentence ?? "closed")],
    ["open to", sources.join(", ") || "everybody who gets there"],
    ["until", expiresAt ?? "it is withdrawn"],
    ["connected", String(exposure.connections)],
    ...(entry.problem ? ([["why", entry.problem.sentence]] as const) : []),
  ]);
  if (warning && !out.json) out.note(`${pc.yellow("▲")} ${warning.sentence}`);
};

interface ServiceFlags {
  readonly port?: string;
  readonly host?: string;
  readonly protocol?: "tcp";
  readonly description?: string;
}

const bodyOf = ({ port, host, description }: ServiceFlags) => ({
  ...(port === undefined ? {} : { port: Number(port) }),
  ...(host === undefined ? {} : { host }),
  ...(description === undefined ? {} : { description }),
});

const catalogue = (service: Command): void => {
  const create = service
    .command("create")
    .description("put a service in the project's catalogue")
    .argument("<name>")
    .requiredOption("--port <port>", "where it listens")
    .option("--protocol <protocol>", "tcp", "tcp")
    .option("--host <host>", "as boards reach it; their own loopback unless said")
    .option("--description <text>", "what it is");
  examples(
    create,
    "service create web --port 9000",
    "service create plc --host 192.168.1.20 --port 502",
    "service create web --port 9000 --protocol tcp --json",
  );
  run(create, async (context, [name = ""], flags: ServiceFlags) => {
    const { port = "", protocol } = flags;
    const body = { ...bodyOf(flags), name, port: Number(port), ...(protocol ? { protocol } : {}) };
    printService(context, await context.client().services.create({ body }));
  });

  const list = service.command("list").description("list the catalogue");
  examples(list, "service list", "service list --json");
  run(list, ({ client, out }) =>
    out.list(
      paginate(client().services.list, { query: { limit: 200 } }),
      [
        ["name", (row) => row.name],
        ["leads to", (row) => `${row.host}:${row.port}`],
        ["exposed on", (row) => String(row.exposures)],
        ["id", (row) => pc.dim(row.uuid)],
      ],
      "No services yet. Make one: s4t service create NAME --port PORT",
    ),
  );

  const show = service
    .command("show")
    .description("show a service")
    .argument("<service>", "id or name");
  examples(show, "service show web");
  run(show, async (context, [uuid = ""]) =>
    printService(context, await context.client().services.show({ params: { uuid } })),
  );

  const update = service
    .command("update")
    .description(
      "change where it listens; boards follow, and who is connected to the old place is cut",
    )
    .argument("<service>", "id or name")
    .option("--port <port>", "new port")
    .option("--host <host>", "new host")
    .option("--description <text>", "new description");
  examples(update, "service update web --port 9001");
  run(update, async (context, [uuid = ""], flags: ServiceFlags) =>
    printService(
      context,
      await context.client().services.update({ params: { uuid }, body: bodyOf(flags) }),
    ),
  );

  const remove = service
    .command("remove")
    .description("remove a service that is exposed nowhere")
    .argument("<service>", "id or name");
  examples(remove, "service remove web");
  run(remove, async ({ client, out }, [uuid = ""]) => {
    await client().services.remove({ params: { uuid } });
    out.thing({ name: uuid, status: "removed" }, [["removed", uuid]]);
  });
};

const collect = (value: string, before: string[]): string[] => [...before, value];

const exposing = (service: Command): void => {
  const expose = service
    .command("expose")
    .description(
      "open a service of a board on a public port of the cloud, or change how it is open",
    )
    .argument("<board>", "id or name")
    .argument("<service>", "id or name")
    .option("--public-port <port>", "this one; a free one unless said")
    .option("--source <range>", "who may connect, address or CIDR; may be repeated", collect, [])
    .option("--ttl <seconds>", "how long it stays open; until it is withdrawn unless said");
  examples(
    expose,
    "service expose lamp-7 web",
    "service expose lamp-7 web --public-port 21080 --source 10.0.0.0/8 --ttl 3600",
    "service expose lamp-7 web --json",
  );
  run(
    expose,
    async (
      context,
      [uuid = "", name = ""],
      flags: { publicPort?: string; source: string[]; ttl?: string },
    ) => {
      const body = {
        ...(flags.publicPort === undefined ? {} : { publicPort: Number(flags.publicPort) }),
        ...(flags.source.length === 0 ? {} : { sources: flags.source }),
        ...(flags.ttl === undefined ? {} : { ttlS: Number(flags.ttl) }),
      };
      const params = { uuid, service: name };
      printExposure(context, await context.client().exposures.expose({ params, body }));
    },
  );

  const withdraw = service
    .command("withdraw")
    .description("close a service of a board; who is connected is cut")
    .argument("<board>", "id or name")
    .argument("<service>", "id or name");
  examples(withdraw, "service withdraw lamp-7 web");
  run(withdraw, async ({ client, out }, [uuid = "", name = ""]) => {
    await client().exposures.withdraw({ params: { uuid, service: name } });
    out.thing({ name, status: "withdrawn" }, [["withdrawn", `${name} of ${uuid}`]]);
  });

  const list = service
    .command("exposures")
    .description("what is exposed, on one board or on all")
    .argument("[board]", "id or name");
  examples(list, "service exposures", "service exposures lamp-7 --json");
  run(list, async ({ client, out }, [uuid]) => {
    const api = client();
    const rows =
      uuid === undefined
        ? paginate(api.exposures.all, { query: { limit: 200 } })
        : (await api.exposures.list({ params: { uuid } })).items;
    await out.list(
      rows,
      [
        ["public", publicOf],
        ["service", (row) => row.service.name],
        ["board", (row) => row.board.name],
        ["state", (row) => stateText(row.entry.state)],
        ["connected", (row) => String(row.connections)],
        ["until", (row) => row.expiresAt ?? "–"],
        ["since", (row) => ageText(row.createdAt)],
        ["why", whyOf],
      ],
      "Nothing is exposed.",
    );
  });
};

export const register = (program: Command): void => {
  const service = program.command("service").description("what listens on boards, and opening it");
  catalogue(service);
  exposing(service);
};
