import {
  boardProcedures,
  CONTRACT,
  cloudProcedures,
  cloudUri,
  type Procedure,
} from "@s4t/contract";
import { table } from "./table.ts";

const rows = (procedures: readonly (readonly [uri: string, declared: Procedure])[]) =>
  procedures.map(([uri, declared]) => [
    `\`${uri}\``,
    declared.summary,
    `${declared.timeoutMs / 1_000} s`,
    declared.idempotent ? "yes" : "no",
  ]);
const head = ["procedure", "what it does", "waits", "may be sent again"];

/** docs/reference/board-procedures.md */
export const proceduresPage = (): string =>
  [
    "# Procedures of the link",
    "",
    `Contract ${CONTRACT}. How a session is made and what is said when: \`docs/protocol/link.md\`. \`HEX\` is the board's id without hyphens.`,
    "",
    "## On a board",
    "",
    table(
      head,
      rows(
        Object.values(boardProcedures).flatMap((feature) =>
          Object.values(feature as Readonly<Record<string, Procedure>>).map(
            (declared) => [`s4t.board.HEX.${declared.name}`, declared] as const,
          ),
        ),
      ),
    ),
    "",
    "## In the cloud",
    "",
    table(
      head,
      rows(
        Object.values(cloudProcedures).map((declared) => [cloudUri(declared), declared] as const),
      ),
    ),
  ].join("\n");
