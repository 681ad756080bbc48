import { errors, exitCodes, wampErrorOf } from "@s4t/contract";
import { table } from "./table.ts";

/** docs/reference/errors.md */
export const errorsPage = (): string =>
  [
    "# Errors",
    "",
    "Every error has a code. On REST it is an `application/problem+json` (RFC 9457) with that code, on the link a WAMP error, on the command line an exit code. *Refused*: the caller's doing; *unavailable*: something is away, the same request may succeed later; *bug*: ours.",
    "",
    table(
      ["code", "blame", "HTTP", "exit", "again later?", "WAMP error", "sentence"],
      Object.entries(errors)
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([code, row]) => [
          `\`${code}\``,
          row.blame,
          String(row.status),
          String(exitCodes[row.exit]),
          row.retryable ? "yes" : "no",
          `\`${wampErrorOf(code)}\``,
          row.sentence,
        ]),
    ),
  ].join("\n");
