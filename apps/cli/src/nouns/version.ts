import { isS4tError } from "@s4t/kit";
import { type About, type Client, RELEASE } from "@s4t/sdk";
import type { Command } from "commander";
import { examples, run } from "../context.ts";

const ask = async (client: () => Client): Promise<About | undefined> => {
  try {
    return await client().cloud.about();
  } catch (error) {
    if (isS4tError(error, "cloud.unreachable")) return undefined;
    throw error;
  }
};

export const register = (program: Command): void => {
  const version = program
    .command("version")
    .description("release of this program and of the cloud");
  examples(version, "version", "version --json");
  run(version, async ({ client, cloud, out }) => {
    const about = await ask(client);
    out.thing({ name: "s4t", cli: RELEASE, cloud: about?.release ?? null }, [
      ["s4t", RELEASE],
      ["cloud", about ? `${about.release} (${about.name}) at ${cloud().url}` : "none answers"],
    ]);
  });
};
