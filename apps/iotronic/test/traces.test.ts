// A trace from the API through the cloud to a board and back: who is told what, what a collector gets, and what nobody believes.
import { connect } from "node:net";
import {
  type AnswerOf,
  cloudProcedures,
  parseTraceContext,
  traceparentOf,
  wampErrorOf,
} from "@s4t/contract";
import { type CallHandler, type IncomingCall, WampError } from "@s4t/wamp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type BoardSession,
  type EnrolledBoard,
  enrolBoard,
  entryRow,
  joinAs,
  offer,
} from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { attribute, type Collector, openCollector } from "./collector.ts";

const asker = {
  ...{ traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7", sampled: true },
};
const boardSpan = "b7ad6b7169203331";

let collector: Collector | undefined;
let cloud: TestCloud | undefined;
let board: EnrolledBoard;
let session: BoardSession;

const collect = async (): Promise<string> => {
  collector = await openCollector();
  return collector.url;
};

beforeEach(() => {
  cloud = undefined;
  collector = undefined;
});
afterEach(async () => {
  await session?.session.close();
  await cloud?.close();
  collector?.close();
});

const open = async (args: readonly string[], handler: CallHandler): Promise<TestCloud> => {
  cloud = await openTestCloud({}, args);
  board = await enrolBoard(cloud, "traced");
  session = await joinAs(cloud, board);
  await offer(session, board, handler);
  return cloud;
};
const ping = (headers: Readonly<Record<string, string>> = {}) =>
  (cloud as TestCloud).call("POST", `/api/boards/${board.uuid}/ping`, {
    ...{ token: (cloud as TestCloud).admin, body: {}, headers },
  });
const traced = { traceparent: traceparentOf(asker), tracestate: "congo=t61rcWkgMzE" };
const received = () => collector?.received ?? [];
const ofTrace = () => received().filter(({ traceId }) => traceId === asker.traceId);

describe("a cloud that sends spans nowhere", () => {
  it("tells the board what it was told, and who asked where that was", async () => {
    const calls: IncomingCall[] = [];
    let refuses = false;
    await open([], (call) => {
      calls.push(call);
      if (refuses)
        throw new WampError(wampErrorOf("board.failed"), "No.", {
          ...{ args: ["No."], kwargs: { because: "it rains", traceparent: traced.traceparent } },
        });
      return { args: [{ atMs: 1 }] };
    });
    const { status, headers } = await ping(traced);
    expect(status).toBe(200);
    expect(calls[0]?.kwargs).toEqual(traced);
    // Where it stood, and that nobody here keeps it.
    expect(headers.get("traceresponse")).toBe(traceparentOf({ ...asker, sampled: false }));
    // What a board says of a trace that nobody told it of is no detail of a failure either.
    refuses = true;
    const { text } = await ping();
    expect(text).toContain("it rains");
    expect(text).not.toContain("traceparent");
    refuses = false;
    calls.splice(1);
    for (const wrong of [{}, { traceparent: "00-zz" }])
      expect((await ping(wrong as never)).headers.get("traceresponse")).toBeNull();
    expect(calls.slice(1).map(({ kwargs }) => kwargs)).toEqual([{}, {}]);
  });
});

describe("a cloud with a collector", () => {
  it("makes one trace of request, command and what the board did, and goes on where it began", async () => {
    const told: unknown[] = [];
    await open(["--traces.otlp", await collect()], ({ kwargs }) => {
      told.push(kwargs);
      const own = { ...asker, spanId: boardSpan };
      return {
        args: [{ atMs: 1 }],
        kwargs: { traceparent: traceparentOf(own), tookMs: 0.01 },
      };
    });
    expect((await ping(traced)).body.status).toBe("done");
    await expect.poll(() => ofTrace().length).toBe(3);
    const [request, command, work] = ["POST", "board board.ping", "board.ping"].map((name) =>
      ofTrace().find((span) => span.name.startsWith(name)),
    );
    expect(request).toMatchObject({
      ...{ service: "iotronic", kind: 2, parentSpanId: asker.spanId },
      name: "POST /api/boards/{uuid}/ping",
    });
    expect(command).toMatchObject({
      ...{ service: "iotronic", kind: 3, parentSpanId: request?.spanId },
    });
    expect(work).toMatchObject({
      ...{ service: "lightning-rod", kind: 2, parentSpanId: command?.spanId, spanId: boardSpan },
    });
    expect(attribute(request?.attributes, "http.response.status_code")).toBe(200);
    expect(attribute(command?.attributes, "s4t.board")).toBe(board.uuid);
    const [outer, inner] = [command, work].map((span) => [
      BigInt(span?.startTimeUnixNano ?? 0),
      BigInt(span?.endTimeUnixNano ?? 0),
    ]) as [[bigint, bigint], [bigint, bigint]];
    expect(inner[0] >= outer[0] && inner[1] <= outer[1]).toBe(true);
    expect(told).toEqual([
      {
        traceparent: traceparentOf({ ...asker, spanId: command?.spanId ?? "" }),
        tracestate: traced.tracestate,
      },
    ]);
  });

  it("begins a trace for who brings none, as often as the settings say, and for none that is not kept", async () => {
    const told: unknown[] = [];
    const handler: CallHandler = ({ kwargs }) => {
      told.push(kwargs.traceparent);
      return { args: [{ atMs: 1 }] };
    };
    await open(["--traces.otlp", await collect()], handler);
    const { headers } = await ping();
    const began = parseTraceContext(headers.get("traceresponse"));
    expect(began?.sampled).toBe(true);
    await expect
      .poll(() => received().filter(({ traceId }) => traceId === began?.traceId).length)
      .toBe(2);
    const unkept = traceparentOf({ ...asker, sampled: false });
    await ping({ traceparent: unkept });
    expect(told.at(-1)).toBe(unkept);
    await cloud?.close();
    cloud = undefined;
    collector?.received.splice(0);
    await open([...["--traces.percent", "0"], ...["--traces.otlp", collector?.url ?? ""]], handler);
    expect((await ping()).headers.get("traceresponse")).toBeNull();
    expect(told.at(-1)).toBeUndefined();
    await ping(traced);
    await expect.poll(() => ofTrace().length).toBe(2);
    expect(received()).toHaveLength(2);
  });

  it.each([
    [
      "of another trace",
      {
        traceparent: traceparentOf({ ...asker, traceId: "1".repeat(32), spanId: boardSpan }),
        tookMs: 1,
      },
    ],
    ["that is the cloud's own", "same"],
    ["that is none", { traceparent: 7, tookMs: 1 }],
    ["without how long", { traceparent: traceparentOf({ ...asker, spanId: boardSpan }) }],
    [
      "of less than no time",
      { traceparent: traceparentOf({ ...asker, spanId: boardSpan }), tookMs: -1 },
    ],
  ])("believes no board's span %s", async (_, kwargs) => {
    await open(["--traces.otlp", await collect()], (call) => ({
      args: [{ atMs: 1 }],
      kwargs: kwargs === "same" ? { ...call.kwargs, tookMs: 1 } : (kwargs as object as never),
    }));
    expect((await ping(traced)).status).toBe(200);
    await expect.poll(() => ofTrace().length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(received().filter(({ service }) => service === "lightning-rod")).toEqual([]);
  });

  it("shows what failed, and keeps what a board says of the trace out of what it says of the failure", async () => {
    await open(["--traces.otlp", await collect()], () => {
      throw new WampError(wampErrorOf("board.failed"), "No.", {
        args: ["No."],
        kwargs: {
          ...{ because: "it rains", tookMs: 1e12 },
          traceparent: traceparentOf({ ...asker, spanId: boardSpan }),
        },
      });
    });
    const { code, text } = await ping(traced);
    expect([code, text]).toEqual(["board.failed", expect.stringContaining("it rains")]);
    expect(text).not.toMatch(/traceparent|tookMs/);
    await expect.poll(() => ofTrace().length).toBe(3);
    const work = ofTrace().find(({ service }) => service === "lightning-rod");
    expect(attribute(work?.attributes, "error.type")).toBe("board.failed");
    expect(work?.status).toMatchObject({ code: 2 });
    const ns = BigInt(work?.endTimeUnixNano ?? 0) - BigInt(work?.startTimeUnixNano ?? 0);
    expect(Number(ns)).toBeLessThan(30e9);
  });

  it("goes on to a job that waits for its board: how long it waited, and how long the board took", async () => {
    await open(["--traces.otlp", await collect()], () => ({ args: [{ atMs: 1 }] }));
    await session.session.close();
    const restart = (headers: Readonly<Record<string, string>>) =>
      (cloud as TestCloud).call("POST", `/api/boards/${board.uuid}/restart`, {
        ...{ token: (cloud as TestCloud).admin, body: { deliver: "when-online" }, headers },
      });
    const [first, unkept] = [
      (await restart(traced)).body.uuid,
      (await restart({ traceparent: traceparentOf({ ...asker, sampled: false }) })).body.uuid,
    ];
    session = await joinAs(cloud as TestCloud, board);
    const { jobs } = (await session.ask(cloudProcedures.targetGet, {
      ...{ have: {}, jobsAfter: 0 },
    })) as AnswerOf<typeof cloudProcedures.targetGet>;
    expect(jobs.map(({ id }) => id)).toEqual([first, unkept]);
    // The board is told where it works, where somebody keeps that.
    const told = parseTraceContext(jobs[0]?.traceparent, jobs[0]?.tracestate);
    expect(told).toMatchObject({
      traceId: asker.traceId,
      sampled: true,
      state: "congo=t61rcWkgMzE",
    });
    expect(jobs[1]).not.toHaveProperty("traceparent");
    const ended = { kind: "result", state: "failed", code: "board.failed", sentence: "No." };
    await session.report(
      1,
      [first, unkept].map((id) => ({ ...ended, id })),
    );
    await expect.poll(() => ofTrace().length).toBe(4);
    const [request, job, wait, work] = [
      ...["POST /api/boards/{uuid}/restart", "job board.restart", "job board.restart: wait"],
      "board.restart",
    ].map((name) => ofTrace().find((span) => span.name === name));
    expect(request).toMatchObject({ kind: 2, parentSpanId: asker.spanId });
    expect(job).toMatchObject({ service: "iotronic", kind: 1, parentSpanId: request?.spanId });
    expect(wait).toMatchObject({ service: "iotronic", kind: 4, parentSpanId: job?.spanId });
    expect(work).toMatchObject({
      ...{ service: "lightning-rod", kind: 5, parentSpanId: job?.spanId },
      spanId: told?.spanId,
    });
    expect(wait?.endTimeUnixNano).toBe(work?.startTimeUnixNano);
    const failures = [job, wait, work].map((span) => attribute(span?.attributes, "error.type"));
    expect(failures).toEqual(["board.failed", undefined, "board.failed"]);
    // A late report of the same job is no second piece of work.
    await session.report(3, [{ ...ended, id: first }]);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(ofTrace()).toHaveLength(4);
  });

  it("goes on to a change of the target, until the board has settled it", async () => {
    await open(["--traces.otlp", await collect()], () => ({ args: [{}] }));
    const wish = (storeEveryS: number) =>
      (cloud as TestCloud).call("PATCH", `/api/boards/${board.uuid}/settings`, {
        ...{ token: (cloud as TestCloud).admin, body: { sensors: { storeEveryS } } },
        headers: traced,
      });
    const get = async (): Promise<number> =>
      (
        (await session.ask(cloudProcedures.targetGet, {
          ...{ have: {}, jobsAfter: 0 },
        })) as AnswerOf<typeof cloudProcedures.targetGet>
      ).target.revision;
    const before = await get();
    expect((await wish(30)).status).toBe(200);
    // What is settled of an earlier revision says nothing of this one; nor does an entry that still waits.
    await session.report(1, [entryRow(before, "reached")]);
    const revision = await get();
    await session.report(2, [entryRow(revision, "waiting")]);
    const targets = () => ofTrace().filter(({ name }) => name.startsWith("target"));
    await expect.poll(() => ofTrace().length).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(targets()).toEqual([]);
    await session.report(3, [entryRow(revision, "reached")]);
    await expect.poll(() => targets().length).toBe(3);
    const [change, wait, work] = ["target", "target: wait", "target.apply"].map((name) =>
      targets().find((span) => span.name === name),
    );
    const request = ofTrace().find(({ name }) => name.startsWith("PATCH"));
    expect(change).toMatchObject({ kind: 1, parentSpanId: request?.spanId });
    expect(wait).toMatchObject({ kind: 4, parentSpanId: change?.spanId });
    expect(work).toMatchObject({
      ...{ service: "lightning-rod", kind: 5, parentSpanId: change?.spanId },
    });
    expect(attribute(change?.attributes, "s4t.board")).toBe(board.uuid);
  });

  it("serves on where the collector takes nothing, and counts what is lost", async () => {
    const url = (await collect()).replace("//", "//keeper:secret@").concat("?token=secret");
    if (collector) collector.isAway = true;
    await open(["--traces.otlp", url], () => ({ args: [{ atMs: 1 }] }));
    expect((await ping(traced)).status).toBe(200);
    const lost = async () => {
      const text = await (await fetch(`${cloud?.url}/metrics`)).text();
      return Number(/^s4t_trace_spans_total\{outcome="failed"\} (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    await expect.poll(lost).toBeGreaterThan(1);
    expect(cloud?.complaints.map(({ sentence }) => sentence)).toContain(
      "The collector of traces does not take spans: they are lost",
    );
    expect(JSON.stringify(cloud?.complaints)).toContain(new URL(url).host);
    expect(JSON.stringify(cloud?.complaints)).not.toMatch(/keeper|secret/);
  });

  it("lets nobody say that a trace is kept who is not signed in", async () => {
    await open([...["--traces.percent", "0"], ...["--traces.otlp", await collect()]], () => ({
      args: [{ atMs: 1 }],
    }));
    const ask = (path: string, token?: string) =>
      (cloud as TestCloud).call("GET", path, { headers: traced, ...(token ? { token } : {}) });
    const answers = [
      await ask("/api/boards"),
      await ask("/api/boards", "nonsense"),
      await ask("/api/about"),
      await ask("/api/boards", cloud?.admin),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 200, 200]);
    const toldKept = answers.map(
      ({ headers }) => parseTraceContext(headers.get("traceresponse"))?.sampled,
    );
    expect(toldKept).toEqual([false, false, false, true]);
    await expect.poll(() => ofTrace().length).toBe(1);
    expect(attribute(ofTrace()[0]?.attributes, "http.response.status_code")).toBe(200);
  });

  it.each(["/v1/boards", "/identity/v3/projects"])(
    "is told by the same words at %s, which speaks another's",
    async (path) => {
      await open([...["--traces.percent", "0"], ...["--traces.otlp", await collect()]], () => ({
        args: [{ atMs: 1 }],
      }));
      const ask = (token?: string) =>
        (cloud as TestCloud).call("GET", path, { headers: traced, ...(token ? { token } : {}) });
      const answers = [await ask(), await ask(cloud?.admin)];
      expect(answers.map(({ status }) => status)).toEqual([401, 200]);
      expect(
        answers.map(({ headers }) => parseTraceContext(headers.get("traceresponse"))?.sampled),
      ).toEqual([false, true]);
      await expect.poll(() => ofTrace().length).toBe(1);
      expect(attribute(ofTrace()[0]?.attributes, "http.route")).toBe(path);
      expect(attribute(ofTrace()[0]?.attributes, "http.request.method")).toBe("GET");
    },
  );

  it("is refused with an address that is none", async () => {
    await expect(openTestCloud({}, ["--traces.otlp", "collector:4317"])).rejects.toMatchObject({
      code: "config.invalid",
    });
  });
});

it("a door that is opened within a trace leads who comes later outside it", async () => {
  const told: { readonly procedure: string; readonly kwargs: unknown }[] = [];
  await open(["--traces.otlp", await collect()], () => ({ args: [{ atMs: 1 }] }));
  await session.session.close();
  session = await joinAs(cloud as TestCloud, board, { features: ["board", "tunnel"] });
  await session.session.close();
  const ask = (method: string, path: string, body: object) =>
    (cloud as TestCloud).call(method, path, {
      ...{ token: (cloud as TestCloud).admin, body, headers: traced },
    });
  expect((await ask("POST", "/api/services", { name: "web", port: 80 })).status).toBe(201);
  const exposed = await ask("PUT", `/api/boards/${board.uuid}/services/web`, {});
  expect(exposed.status, exposed.text).toBe(200);
  session = await joinAs(cloud as TestCloud, board, { features: ["board", "tunnel"] });
  await offer(session, board, ({ procedure, kwargs }) => {
    told.push({ procedure, kwargs });
    return { args: [{ atMs: 1 }] };
  });
  const stranger = connect(exposed.body.publicPort, "127.0.0.1").on("error", () => {});
  const dials = () => told.filter(({ procedure }) => procedure.endsWith("tunnel.dial"));
  await expect.poll(() => dials().length).toBe(1);
  stranger.destroy();
  expect(dials().map(({ kwargs }) => kwargs)).toEqual([{}]);
  // Spans are sent in the order in which they ended: what is said next comes after whatever the dial would have said.
  await ping(traced);
  const names = () => ofTrace().map(({ name }) => name);
  await expect.poll(names).toContain("board board.ping");
  expect(names().filter((name) => name.includes("tunnel"))).toEqual([]);
});

it("what is logged because of a request carries its trace", async () => {
  await open([], () => ({ args: [{ nonsense: true }] }));
  expect((await ping(traced)).code).toBe("board.failed");
  await cloud?.sql("drop table boards_entries");
  const { code } =
    (await cloud?.call("GET", `/api/boards/${board.uuid}/target`, {
      ...{ token: cloud.admin, headers: traced },
    })) ?? {};
  expect(code).toBe("internal");
  const facts = cloud?.complaints.map((line) => line.facts).find((each) => "trace_id" in each);
  expect(facts).toMatchObject({ trace_id: asker.traceId, span_id: asker.spanId });
});
