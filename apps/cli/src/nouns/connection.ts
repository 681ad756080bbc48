import type { Command } from "commander";
import pc from "picocolors";
import { examples, run } from "../context.ts";
import { ageText } from "../output.ts";

const sizeText = (bytes: number): string =>
  bytes < 10_240 ? `${bytes} B` : `${(bytes / 1_048_576).toFixed(1)} MiB`;

export const register = (program: Command): void => {
  const connection = program
    .command("connection")
    .description("who is connected to a board through the cloud");

  const list = connection
    .command("list")
    .description("list open connections of a board")
    .argument("<board>", "id or name");
  examples(list, "connection list lamp-7", "connection list lamp-7 --json");
  run(list, async ({ client, out }, [uuid = ""]) =>
    out.list(
      (await client().connections.list({ params: { uuid } })).items,
      [
        ["door", (row) => row.door],
        ["what", (row) => row.what],
        ["from", (row) => row.from ?? "–"],
        ["who", (row) => row.actor ?? "–"],
        ["since", (row) => ageText(row.since)],
        ["in", (row) => sizeText(row.bytesIn)],
        ["out", (row) => sizeText(row.bytesOut)],
        ["id", (row) => pc.dim(row.uuid)],
      ],
      "Nobody is connected.",
    ),
  );

  const cut = connection
    .command("cut")
    .description("cut a connection")
    .argument("<board>", "id or name")
    .argument("<connection>", "its id");
  examples(cut, "connection cut lamp-7 0192f0a0-0000-7000-8000-000000000000");
  run(cut, async ({ client, out }, [uuid = "", id = ""]) => {
    await client().connections.cut({ params: { uuid, connection: id } });
    out.thing({ uuid: id, status: "cut" }, [["cut", id]]);
  });
};
