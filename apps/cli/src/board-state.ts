// What a board is and measures: about itself, its target, its settings, its timeline, its live values.
import { type Command, Option } from "commander";
import { examples, run } from "./context.ts";
import { limitRows } from "./original.ts";
import { ageText, stateText } from "./output.ts";
import { addValues } from "./values.ts";
import { watchValues } from "./watch.ts";

const addInfo = (board: Command): void => {
  const info = board
    .command("info")
    .description("ask the board about itself, now")
    .argument("<board>", "id or name");
  examples(info, "board info garibaldi-12", "board info garibaldi-12 --json");
  run(info, async ({ client, out, signal }, [uuid = ""]) => {
    const answer = await client().boards.info({ params: { uuid }, signal });
    if (answer.agentKind === "original")
      return out.thing(answer, [
        ["host", answer.hostname],
        ["agent", answer.agentVersion],
        ["addresses", answer.interfaces.flatMap(({ addresses }) => addresses).join(" ")],
        ...limitRows(answer.agentKind),
      ]);
    out.thing(answer, [
      ["host", answer.hostname],
      ["system", `${answer.os}, kernel ${answer.kernel}`],
      ["machine", `${answer.model ?? "–"}, ${answer.cpus} cores, ${answer.arch}`],
      ["memory", `${(answer.memoryBytes / 1_073_741_824).toFixed(1)} GiB`],
      ["runtime", answer.runtime],
      ["agent", answer.agentVersion],
      ["up", `${Math.round(answer.uptimeS / 3_600)} h`],
      ["addresses", answer.interfaces.flatMap(({ addresses }) => addresses).join(" ")],
      ["clock", answer.clockSynchronised === false ? "not kept by a time service" : "kept"],
      ["reboot", answer.canReboot ? "may be asked for" : "not allowed on this board"],
    ]);
  });
};

const addTarget = (board: Command): void => {
  const target = board
    .command("target")
    .description("what should be true on the board, and what is")
    .argument("<board>", "id or name");
  examples(target, "board target garibaldi-12", "board target garibaldi-12 --json");
  run(target, async ({ client, out }, [uuid = ""]) => {
    const answer = await client().boards.target({ params: { uuid } });
    if (out.json) return out.thing(answer, []);
    out.line(`Wanted ${answer.wanted}, reached ${answer.reached}`);
    await out.list(
      answer.entries,
      [
        ["state", (row) => stateText(row.state)],
        ["entry", (row) => row.key],
        ["since", (row) => ageText(row.since)],
        ["why", (row) => (row.problem ? `${row.problem.sentence} (${row.problem.code})` : "")],
      ],
      "No entry has been reported yet.",
    );
  });
};

const addSettings = (board: Command): void => {
  const settings = board
    .command("settings")
    .description("change the agent's settings")
    .argument("<board>", "id or name")
    .option("--store-every <seconds>", "how often values are stored")
    .addOption(
      new Option("--sensors <switch>", "whether the board measures itself").choices(["on", "off"]),
    )
    .addOption(
      new Option("--log <level>", "how much the agent logs").choices([
        "debug",
        "info",
        "warn",
        "error",
      ]),
    );
  examples(
    settings,
    "board settings garibaldi-12",
    "board settings garibaldi-12 --store-every 30 --log debug",
  );
  run(
    settings,
    async (
      { client, out },
      [uuid = ""],
      { storeEvery, sensors, log }: { storeEvery?: string; sensors?: string; log?: never },
    ) => {
      const body = {
        ...(storeEvery === undefined && sensors === undefined
          ? {}
          : {
              sensors: {
                ...(storeEvery === undefined ? {} : { storeEveryS: Number(storeEvery) }),
                ...(sensors === undefined ? {} : { enabled: sensors === "on" }),
              },
            }),
        ...(log === undefined ? {} : { log: { level: log } }),
      };
      const answer =
        Object.keys(body).length === 0
          ? (await client().boards.target({ params: { uuid } })).settings
          : await client().boards.settings({ params: { uuid }, body });
      out.thing(answer, [
        [
          "sensors",
          answer.sensors.enabled ? `stored every ${answer.sensors.storeEveryS} s` : "off",
        ],
        ["log", answer.log.level],
      ]);
    },
  );
};

const addTimeline = (board: Command): void => {
  const timeline = board
    .command("timeline")
    .description("what happened around a board, newest first")
    .argument("<board>", "id or name")
    .option("--limit <n>", "how many lines", "30");
  examples(
    timeline,
    "board timeline garibaldi-12",
    "board timeline garibaldi-12 --limit 100 --json",
  );
  run(timeline, async ({ client, out }, [uuid = ""], { limit }: { limit: string }) => {
    const { items } = await client().boards.timeline({
      params: { uuid },
      query: { limit: Number(limit) },
    });
    const rows = items.map((row) => ({ uuid: null, name: row.code, status: row.kind, ...row }));
    await out.list(
      rows,
      [
        ["when", (row) => row.at],
        ["kind", (row) => row.kind],
        ["what", (row) => row.code],
        ["who", (row) => row.actor ?? "–"],
        ["facts", (row) => JSON.stringify(row.facts).slice(0, 80)],
      ],
      "Nothing yet.",
    );
  });
};

const addWatch = (board: Command): void => {
  const watch = board
    .command("watch")
    .description("live values, every five seconds, while you look")
    .argument("<board>", "id or name")
    .option("--count <n>", "end after so many");
  examples(watch, "board watch garibaldi-12", "board watch garibaldi-12 --count 2");
  run(watch, async (context, [name = ""], { count }: { count?: string }) => {
    const client = context.client();
    const { uuid } = await client.boards.show({ params: { uuid: name } });
    const { items } = await client.observations.series({ params: { uuid } });
    await watchValues(
      context,
      uuid,
      new Map(items.map((row) => [row.name, row.unit])),
      count === undefined ? Number.POSITIVE_INFINITY : Number(count),
    );
  });
};

/** Adds the verbs that look at a board. */
export const addState = (board: Command): void => {
  for (const add of [addInfo, addTarget, addSettings, addTimeline, addValues, addWatch]) add(board);
};
