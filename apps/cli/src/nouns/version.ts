import { RELEASE } from "@s4t/sdk";
import type { Command } from "commander";
import { examples, run } from "../context.ts";

export const register = (program: Command): void => {
  const version = program
    .command("version")
    .description("release of this program and of the cloud");
  examples(version, "version", "version --json");
  run(version, async ({ client, cloud, out }) => {
    const about = await client().cloud.about();
    out.thing({ cli: RELEASE, cloud: about.release, url: cloud().url }, [
      ["s4t", RELEASE],
      ["cloud", `${about.release} (${about.name}) at ${cloud().url}`],
    ]);
  });
};
