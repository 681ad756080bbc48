import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  boardProcedures,
  fail,
  type Job,
  type KnownOfBoard,
  parseTraceContext,
  type ReportRow,
  wampErrorOf,
} from "@s4t/contract";
import {
  type Clock,
  createLog,
  type Log,
  type LogLine,
  silentLog,
  systemClock,
  withPresent,
} from "@s4t/kit";
import { createEd25519KeyPair } from "@s4t/wamp/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noTarget, openTestLink, type TestLink } from "../../test/cloud.ts";
import { openMachine } from "../../test/machine.ts";
import type { FeatureCall } from "../features/feature.ts";
import { openJobs } from "../jobs/jobs.ts";
import { openJournal } from "../reports/journal.ts";
import { openMemory } from "../storage.ts";
import { createTargetKeeper } from "../target/target.ts";
import { createAgentLink, LOOK_RETRY_MS, SUPERSEDED_PAUSE_MS } from "./link.ts";
import { REPORT_GATHER_MS, REPORT_SOON_MS } from "./reporting.ts";
import { traceFacts } from "./trace.ts";

const board = "0192f0a0-0000-7000-8000-000000000001";
const { ping, restart } = boardProcedures.board;
const hint = boardProcedures.link.hint;
const series = { kind: "series", series: {} } as const satisfies ReportRow;

let cloud: TestLink;
let life: AbortController;
let living: Promise<void> | undefined;
beforeEach(async () => {
  cloud = await openTestLink(board);
  life = new AbortController();
});
afterEach(async () => {
  life.abort();
  await living;
  await cloud.close();
});

type Handler = (call: FeatureCall) => unknown;

/** An agent whose `board.ping` and `board.restart` do as the test says. */
const live = (
  handlers: { ping?: Handler; restart?: Handler },
  clock: Clock = systemClock,
  log: Log = silentLog,
) => {
  const storage = openMemory();
  const journal = openJournal(storage, openMachine(), silentLog);
  const settled = { apply: () => {}, remove: () => {} };
  const executors = {
    "settings/sensors": settled,
    "settings/log": settled,
    "trust/ca": settled,
    "trust/project-key": settled,
    "plugins/*": settled,
    "services/*": settled,
  };
  const handle =
    (handler: Handler = () => ({ atMs: 1 })) =>
    (_: never, call: FeatureCall) =>
      handler(call);
  const link = createAgentLink(
    { key: createEd25519KeyPair(), features: ["board"], simulated: false },
    {
      clock,
      log,
      random: () => 0.4,
      dispatch: new Map([
        [ping.name, { procedure: ping, handle: handle(handlers.ping) }],
        [restart.name, { procedure: restart, handle: handle(handlers.restart) }],
      ]),
      target: createTargetKeeper(storage, executors, silentLog, () => {}),
      journal,
      jobs: () => jobs,
      info: () => ({}) as never,
      describeSeries: () => series,
      onJoined: () => {},
      isClockSynchronised: () => true,
    },
  );
  const jobs = openJobs({
    storage,
    cloudNow: () => link.cloudNow(),
    log: silentLog,
    call: ({ procedure, args }) => link.call(procedure, args),
    report: (row) => journal.append(row),
  });
  living = link.run({ url: cloud.url, ca: null, board, name: "test" }, life.signal);
  return link;
};
const joins = (count = 1) => expect.poll(() => cloud.joined.length).toBe(count);
const offers = () => expect.poll(() => cloud.asked).toBeGreaterThan(0);
const results = () =>
  cloud.reports.flatMap(({ rows }) =>
    rows.flatMap((row) => {
      const { kind, id, state } = row as Extract<ReportRow, { kind: "result" }>;
      return kind === "result" ? [`${id} ${state}`] : [];
    }),
  );
const job = (cursor: number, procedure: string = restart.name): Job => ({
  ...{ id: `j${cursor}`, cursor, procedure, args: {}, idempotent: false },
  expiresAtMs: Date.now() + 60_000,
});

/** A handler that waits until nobody waits for it any more, and answers then all the same. */
const patient = () => {
  const heard: unknown[] = [];
  const handler: Handler = ({ signal }) =>
    new Promise((resolve) =>
      signal.addEventListener("abort", () => {
        heard.push((signal.reason as { code: string }).code);
        resolve({ atMs: 1 });
      }),
    );
  return { heard, handler };
};

describe("a call within a trace", () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const kwargs = {
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    tracestate: "congo=t61rcWkgMzE",
  };
  const lines: LogLine[] = [];
  const log = withPresent(
    createLog((line) => lines.push(line)),
    traceFacts,
  );
  const told = (keywords: Readonly<Record<string, unknown>>) => {
    const { tookMs, tracestate } = keywords;
    expect([tracestate, tookMs]).toEqual([kwargs.tracestate, expect.any(Number)]);
    expect(tookMs).toBeGreaterThanOrEqual(0);
    return parseTraceContext(keywords.traceparent);
  };
  beforeEach(() => {
    lines.length = 0;
  });

  it("is answered with the board's own place in it, and so is every line that is logged because of it", async () => {
    live(
      {
        ping: async () => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          log.info("At work");
          return { atMs: 1 };
        },
      },
      systemClock,
      log,
    );
    await offers();
    const [first, second] = await Promise.all([
      cloud.call(board, ping, { args: [{}], kwargs }),
      cloud.call(board, ping, { args: [{}], kwargs }),
    ]);
    const own = told(first.kwargs);
    expect([own?.traceId, own?.sampled]).toEqual([traceId, true]);
    expect(own?.spanId).not.toBe("00f067aa0ba902b7");
    expect(told(second.kwargs)?.spanId).not.toBe(own?.spanId);
    expect(Number(first.kwargs.tookMs)).toBeGreaterThanOrEqual(19);
    const ofFirst = lines.filter(({ facts }) => facts.span_id === own?.spanId);
    expect(ofFirst.map(({ sentence }) => sentence)).toEqual(["At work", "Answered"]);
    expect(ofFirst[1]?.facts).toMatchObject({ trace_id: traceId, call: "board.ping" });
  });

  it("that is refused says so with its place, beside what is wrong", async () => {
    live(
      { ping: () => Promise.reject(fail("board.failed", { because: "rain" })) },
      systemClock,
      log,
    );
    await offers();
    const refused = await cloud.call(board, ping, { args: [{}], kwargs }).catch((error) => error);
    expect(refused.kwargs).toMatchObject({ because: "rain" });
    expect(told(refused.kwargs)?.traceId).toBe(traceId);
    expect(lines.at(-1)).toMatchObject({
      sentence: "Refused or failed",
      facts: { trace_id: traceId, because: "board.failed" },
    });
  });

  it("says its own place, also where two calls are refused by one and the same error", async () => {
    const shared = fail("board.failed", { because: "rain" });
    let count = 0;
    const { promise: both, resolve: all } = Promise.withResolvers<void>();
    live(
      {
        ping: async () => {
          count += 1;
          if (count === 2) all();
          await both;
          throw shared;
        },
      },
      systemClock,
      log,
    );
    await offers();
    const asked = [1, 2].map(() =>
      cloud.call(board, ping, { args: [{}], kwargs }).catch((error) => error),
    );
    const places = (await Promise.all(asked)).map((error) => told(error.kwargs)?.spanId);
    const logged = lines.flatMap(({ facts }) => facts.span_id ?? []);
    expect([new Set(places).size, [...places].sort()]).toEqual([2, [...logged].sort()]);
    const later = await cloud.call(board, ping, { args: [{}] }).catch((error) => error);
    expect(later.kwargs).toEqual({ because: "rain" });
  });

  it("is one only where the cloud tells a good one: an older cloud is answered as ever", async () => {
    live({}, systemClock, log);
    await offers();
    for (const keywords of [undefined, { traceparent: "00-nonsense" }]) {
      const { args, kwargs: back } = await cloud.call(board, ping, {
        args: [{}],
        ...(keywords ? { kwargs: keywords } : {}),
      });
      expect([args, back]).toEqual([[{ atMs: 1 }], {}]);
    }
    expect(lines.filter(({ facts }) => "trace_id" in facts)).toEqual([]);
  });
});

describe("a call that nobody waits for any more", () => {
  it.each(["given up", "out of time"])("%s aborts the feature's signal", async (how) => {
    const { heard, handler } = patient();
    let calls = 0;
    live({ ping: (call) => (calls++ === 0 ? handler(call) : { atMs: 2 }) });
    await offers();
    const leaving = new AbortController();
    const call = cloud.call(board, ping, {
      args: [{}],
      ...(how === "given up" ? { signal: leaving.signal } : { timeoutMs: 200 }),
    });
    await expect.poll(() => calls).toBe(1);
    leaving.abort(new RangeError("no more patience"));
    await expect(call).rejects.toThrow(
      how === "given up" ? "no more patience" : "The callee did not answer in time.",
    );
    await expect
      .poll(() => heard)
      .toEqual([how === "given up" ? "wamp.error.canceled" : "wamp.error.timeout"]);
    // The late answer harmed nobody: the next call has its own.
    const { args } = await cloud.call(board, ping, { args: [{}] });
    expect([args[0], cloud.joined.length]).toEqual([{ atMs: 2 }, 1]);
  });
  it("aborts the feature's signal when the link breaks, too", async () => {
    const { heard, handler } = patient();
    live({ ping: handler });
    await offers();
    const call = cloud.call(board, ping, { args: [{}] });
    await expect.poll(() => cloud.joined.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    cloud.end(cloud.joined[0] ?? 0, "wamp.close.system_shutdown");
    await expect(call).rejects.toThrow();
    await expect.poll(() => heard).toEqual(["wamp.error.network_failure"]);
    await joins(2);
  });
});

describe("a job", () => {
  it("that takes long keeps neither the target nor a new session waiting", async () => {
    let finish = (_: unknown) => {};
    const running = new Promise((resolve) => {
      finish = resolve;
    });
    cloud.answer = { ...noTarget, jobs: [job(1)] };
    live({ restart: () => running });
    await offers();
    cloud.answer = { ...noTarget, target: { revision: 2, sections: {} }, jobs: [job(1), job(2)] };
    const before = cloud.asked;
    await cloud.call(board, hint, { args: [{ revision: 2 }] });
    await expect.poll(() => cloud.asked).toBe(before + 1);
    const revisions = () =>
      cloud.reports.flatMap(({ rows }) =>
        rows.flatMap((row) => ((row as { revision?: number }).revision === 2 ? [2] : [])),
      );
    await expect.poll(revisions).toEqual([2]);
    cloud.end(cloud.joined[0] ?? 0, "wamp.close.system_shutdown");
    await joins(2);
    expect(results()).toEqual([]);
    // What came meanwhile is asked for once it is done, and each runs once.
    finish({ backWithinS: 1 });
    await expect.poll(results, { timeout: 5_000 }).toEqual(["j1 done", "j2 done"]);
  });
  it("that never ends is unknown after its time, and the next goes on", async () => {
    const hasty: Clock = {
      ...systemClock,
      after: (delayMs, then) =>
        systemClock.after(delayMs === restart.timeoutMs ? 100 : delayMs, then),
    };
    const { heard, handler } = patient();
    cloud.answer = { ...noTarget, jobs: [job(1), job(2, ping.name)] };
    live({ restart: (call) => [handler(call), new Promise(() => {})][1] }, hasty);
    await expect.poll(results).toEqual(["j1 unknown", "j2 done"]);
    expect(heard).toEqual(["deadline.exceeded"]);
  });
});

describe("a change of the target", () => {
  it("that cannot be fetched when it is hinted is asked for again, more seldom each time, within the same session", async () => {
    const pauses: number[] = [];
    const again = [1, 2, 4].map((times) => times * LOOK_RETRY_MS * 0.4);
    const clock: Clock = {
      ...systemClock,
      after(delayMs, then, options) {
        const isRetry = again.includes(delayMs);
        if (isRetry) pauses.push(delayMs);
        return systemClock.after(isRetry ? 1 : delayMs, then, options);
      },
    };
    live({}, clock);
    await offers();
    cloud.answer = { ...noTarget, target: { revision: 7, sections: {} } };
    const reached = () =>
      cloud.reports.some(({ rows }) =>
        rows.some((row) => (row as { revision?: number }).revision === 7),
      );
    cloud.failing = 3;
    await cloud.call(board, hint, { args: [{ revision: 7 }] });
    await expect.poll(reached).toBe(true);
    expect(pauses).toEqual(again);
    cloud.failing = 1;
    await cloud.call(board, hint, { args: [{ revision: 7 }] });
    await expect.poll(() => pauses).toEqual([...again, again[0]]);
    expect(cloud.joined).toHaveLength(1);
  });
});

describe("what is reported", () => {
  it("goes soon where somebody waits for it, else with what comes meanwhile", async () => {
    const pauses: number[] = [];
    const clock: Clock = {
      ...systemClock,
      after(delayMs, then, options) {
        if (delayMs === REPORT_GATHER_MS || delayMs === REPORT_SOON_MS) pauses.push(delayMs);
        return systemClock.after(delayMs, then, options);
      },
    };
    const link = live({}, clock);
    await joins();
    await offers();
    const reported = () => cloud.reports.flatMap(({ rows }) => rows).length;
    await expect.poll(reported).toBeGreaterThan(0);
    const after = async (work: () => void): Promise<readonly number[]> => {
      const before = reported();
      pauses.length = 0;
      work();
      await expect.poll(reported).toBeGreaterThan(before);
      return pauses.slice();
    };
    const line: ReportRow = { kind: "lines", plugin: "p", lines: [], dropped: 0 };
    expect(await after(() => link.tell(line))).toEqual([REPORT_SOON_MS]);
    cloud.answer = { ...noTarget, target: { revision: 2, sections: {} } };
    const changed = () => void cloud.call(board, hint, { args: [{ revision: 2 }] });
    expect(await after(changed)).toEqual([REPORT_SOON_MS]);
  });
});

describe("a board that comes back", () => {
  const kindsSince = (from: number) =>
    cloud.reports.slice(from).flatMap(({ rows }) => rows.map((row) => (row as ReportRow).kind));
  /** Where its journal stands in the cloud. */
  const place = () => {
    const { bootId, seq, rows } = cloud.reports.at(-1) as (typeof cloud.reports)[number];
    return { bootId, seq: seq + rows.length - 1 };
  };
  const everything = ["info", "series", "entries"];
  /** Joins, says and asks everything; then again, told what the cloud knows. Answers what it does then. */
  const comeBack = async (knows: (known: KnownOfBoard) => KnownOfBoard | undefined) => {
    cloud.answer = { ...noTarget, tag: "1" };
    live({});
    await expect.poll(() => kindsSince(0).sort()).toEqual(everything.toSorted());
    const { asked } = cloud;
    const reports = cloud.reports.length;
    cloud.knows = knows({ target: "1", jobs: false, reports: place() });
    cloud.end(cloud.joined[0] as number, "wamp.close.normal");
    await joins(2);
    // It answers, and what it does of itself it has done by then or does within the time that reports gather.
    await expect.poll(() => cloud.call(board, ping, { args: [{}] })).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 4 * REPORT_GATHER_MS));
    return { asked: cloud.asked - asked, said: kindsSince(reports).sort() };
  };

  it("asks and says nothing where the cloud knows it all, and hears of what changes then", async () => {
    expect(await comeBack((known) => known)).toEqual({ asked: 0, said: [] });
    const { asked } = cloud;
    await cloud.call(board, hint, { args: [{ revision: 2 }] });
    await expect.poll(() => cloud.asked).toBe(asked + 1);
  });

  it.each<[string, (known: KnownOfBoard) => KnownOfBoard | undefined, object]>([
    ["has another target for it", (known) => ({ ...known, target: "2" }), { asked: 1, said: [] }],
    ["has jobs for it", (known) => ({ ...known, jobs: true }), { asked: 1, said: [] }],
    [
      "lost what it had been told",
      (known) => ({ ...known, reports: { bootId: place().bootId, seq: place().seq - 1 } }),
      { asked: 0, said: everything.toSorted() },
    ],
    [
      "knows another journal",
      (known) => ({ ...known, reports: { bootId: "another", seq: 1e9 } }),
      { asked: 0, said: everything.toSorted() },
    ],
    [
      "knows no journal of it",
      (known) => ({ ...known, reports: null }),
      { asked: 0, said: everything.toSorted() },
    ],
    [
      "is older, and says nothing of that",
      () => undefined,
      { asked: 1, said: everything.toSorted() },
    ],
  ])("asks and says what is wanted where the cloud %s", async (_, knows, does) => {
    expect(await comeBack(knows)).toEqual(does);
  });

  it("describes its series again where the cloud does not know them", async () => {
    await comeBack((known) => known);
    const before = cloud.reports.length;
    cloud.describe = true;
    cloud.answer = { ...noTarget, target: { revision: 2, sections: {} } };
    await cloud.call(board, hint, { args: [{ revision: 2 }] });
    await expect.poll(() => kindsSince(before)).toEqual(["entries", "series"]);
  });
});

describe("a session that ends", () => {
  it("because another agent has this board's key is not fought for", async () => {
    const pauses: number[] = [];
    const clock: Clock = {
      ...systemClock,
      after(delayMs, then) {
        if (delayMs >= SUPERSEDED_PAUSE_MS) pauses.push(delayMs);
        return systemClock.after(delayMs, then);
      },
    };
    live({}, clock);
    await offers();
    cloud.end(cloud.joined[0] ?? 0, wampErrorOf("link.superseded"));
    await expect.poll(() => pauses.length).toBe(1);
    expect(cloud.joined).toHaveLength(1);
  });
  it("soon after its start makes the pauses longer, and one that lasted makes them short again", async () => {
    const pauses: number[] = [];
    let nowMs = 0;
    const clock: Clock = {
      ...systemClock,
      monotonicMs: () => nowMs,
      after(delayMs, then) {
        const isPause = [200, 400, 800].includes(delayMs) && cloud.joined.length > pauses.length;
        if (isPause) pauses.push(delayMs);
        return systemClock.after(isPause ? 1 : delayMs, then);
      },
    };
    live({}, clock);
    for (let i = 0; i < 4; i += 1) {
      await joins(i + 1);
      await expect.poll(() => cloud.asked).toBe(i + 1);
      if (i === 3) nowMs = 10_000;
      cloud.end(cloud.joined[i] ?? 0, "wamp.close.normal");
    }
    await joins(5);
    expect(pauses).toEqual([200, 400, 800, 200]);
  });

  it("is as long as a cloud asks for that has too many joins under way, and not much longer", async () => {
    const asked: string[] = [];
    const busy = createServer().on("upgrade", (request, socket) => {
      asked.push(request.url ?? "");
      socket.end(
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 20\r\nConnection: close\r\n\r\n",
      );
    });
    busy.listen(0, "127.0.0.1");
    await once(busy, "listening");
    const pauses: number[] = [];
    const clock: Clock = {
      ...systemClock,
      after(delayMs, then, options) {
        if (delayMs > 15_000) pauses.push(delayMs);
        return systemClock.after(delayMs > 15_000 ? 1 : delayMs, then, options);
      },
    };
    const { url } = cloud;
    try {
      Object.assign(cloud, { url: `http://127.0.0.1:${(busy.address() as AddressInfo).port}` });
      live({}, clock);
      await expect.poll(() => asked.length).toBeGreaterThan(2);
    } finally {
      Object.assign(cloud, { url });
      life.abort();
      busy.close();
    }
    // 20 s were rounded up; the agent draws a moment of the second before, and up to a quarter more.
    for (const pauseMs of pauses) {
      expect(pauseMs).toBeGreaterThan(19_000);
      expect(pauseMs).toBeLessThan(25_000);
    }
    expect(pauses.length).toBeGreaterThan(1);
  });
});
