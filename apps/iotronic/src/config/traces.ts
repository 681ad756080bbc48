import { integer, text } from "./setting.ts";

export const traceSettings = {
  "traces.otlp": text(
    null,
    "Address of a collector that gets spans by OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces; none are made unless said.",
  ),
  "traces.percent": integer(
    0,
    100,
    100,
    "How many of a hundred requests begin a trace where they come without one, and are kept of those that come with one from nobody who is signed in.",
  ),
} as const;
