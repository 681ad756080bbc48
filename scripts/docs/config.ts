import { homedir } from "node:os";
import { printValue, settings, variableOf } from "../../apps/iotronic/src/config.ts";
import { table } from "./table.ts";

/** docs/reference/config.md */
export const configPage = (): string =>
  [
    "# Settings of the cloud",
    "",
    "From weakest to strongest: default, `DIR/config.json`, environment, argument. Unknown settings are refused. `./s4t config explain` shows the values in force and where each came from.",
    "",
    table(
      ["setting", "environment", "default", "what it does"],
      Object.entries(settings).map(([name, setting]) => [
        `\`${name}\`${setting.secret ? " (secret)" : ""}`,
        `\`${variableOf(name)}\``,
        `\`${printValue(setting.fallback).replace(homedir(), "~")}\``,
        setting.sentence,
      ]),
    ),
  ].join("\n");
