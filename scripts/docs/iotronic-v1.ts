import {
  type DeviationKind,
  deviations,
} from "../../apps/iotronic/src/http/iotronic-v1/deviations.ts";
import { rows } from "../../apps/iotronic/src/http/iotronic-v1/rows.ts";
import { table } from "./table.ts";

const titles: Readonly<Record<DeviationKind, string>> = {
  fixed: "Faults that are not repeated",
  other: "The same question, another answer",
  missing: "Not here",
  kept: "Odd, and kept",
};

/** docs/reference/iotronic-v1.md */
export const iotronicPage = (): string => {
  const endpoints = [
    { number: 1, method: "GET", path: "/", status: 200 },
    { number: 2, method: "GET", path: "/v1", status: 200 },
    ...rows,
  ].sort((a, b) => a.number - b.number);
  const ofKind = (kind: DeviationKind) =>
    table(
      ["endpoint", "the original", "here", "because"],
      deviations
        .filter((row) => row.kind === kind)
        .map(({ about, original, here, because }) => [about, original, here, because]),
    );
  return [
    "# The original's API",
    "",
    "`/v1` is the API of IoTronic as its command line, its SDK in Go and its dashboard use it: the same paths, bodies, words and errors, answered by what `/api` does, with the same rights. [Coming from IoTronic](../guide/from-iotronic.md) says how to come over.",
    "",
    "Paths are taken with and without a slash at their end, without `/v1` in front, collections with `.json`; ids and names alike; numbers and booleans as text.",
    "",
    "## Endpoints",
    "",
    table(
      ["#", "endpoint", "good answer"],
      endpoints.map(({ number, method, path, status = 200 }) => [
        String(number),
        `\`${method} ${path}\``,
        String(status),
      ]),
    ),
    ...(["fixed", "other", "missing", "kept"] as const).flatMap((kind) => [
      "",
      `## ${titles[kind]}`,
      "",
      ofKind(kind),
    ]),
  ].join("\n");
};
