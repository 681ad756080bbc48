// A request's trace, out of the programs that users run: through the cloud, into the agent's own log, back to a collector.
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Collector, openCollector } from "../apps/iotronic/test/collector.ts";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { stateOf } from "./board.ts";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const folders = [temporaryFolder(), temporaryFolder()] as const;
let collector: Collector;
let cloud: RunningCloud;
let agent: RunningAgent;
let uuid: string;

beforeAll(async () => {
  collector = await openCollector();
  cloud = await startCloud(folders[0].path, { args: ["--traces.otlp", collector.url] });
  await cloud.signIn();
  const board = await registerBoard(cloud, "traced");
  uuid = board.uuid;
  agent = startAgent(folders[1].path, ["--enrol", board.enrolment]);
  await until(
    () => stateOf(cloud, uuid),
    (state) => state === "online",
    30_000,
  );
}, 60_000);
afterAll(async () => {
  await agent?.kill("SIGTERM");
  await cloud?.kill("SIGTERM");
  collector?.close();
  for (const folder of folders) folder.remove();
});

it("is one from the API to the board's log and the collector", async () => {
  const { status } = await cloud.call("GET", `/api/boards/${uuid}/info`, undefined, {
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
  });
  expect(status).toBe(200);
  const lines = await until(
    () =>
      agent
        .said()
        .split("\n")
        .slice(0, -1) // the last one may be half there
        .filter((line) => line.includes(traceId))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    (found) => found.length > 0,
    10_000,
  );
  expect(lines).toMatchObject([{ msg: "Answered", call: "board.info", trace_id: traceId }]);
  const spanOfBoard = String(lines[0]?.span_id);
  const spans = await until(
    () => collector.received.filter((span) => span.traceId === traceId),
    (found) => found.length === 3,
    10_000,
  );
  expect(spans.find(({ spanId }) => spanId === spanOfBoard)?.service).toBe("lightning-rod");
});
