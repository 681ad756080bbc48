// What cloud and board say to each other about the link itself: target, jobs, reports. See `docs/protocol/link.md`.
import type { Static } from "typebox";
import * as Type from "typebox";
import { PluginName, Sha256 } from "../plugin.ts";
import { Target } from "../target/index.ts";
import { BoardInfo } from "./board.ts";
import { PluginLine, PluginStatus } from "./plugins.ts";
import { procedure } from "./procedure.ts";

/** Most rows of one `report.append`: a batch stays well under the frame limit and commits in one turn. */
export const MAX_REPORT_ROWS = 500;
/** Most jobs that one `target.get` hands over; the board asks again when it has run them. */
export const MAX_JOBS_PER_REPLY = 20;
/** Most lines in one row of a report: with the longest lines it stays under the frame limit. */
export const MAX_LINES_PER_ROW = 100;
/** Longest name of a series. */
export const MAX_SERIES_NAME_LENGTH = 100;
/** Longest period of a series: a year. */
export const MAX_SERIES_PERIOD_S = 31_536_000;
/** Most series of one board: a runaway plugin must not fill the dictionary. */
export const MAX_SERIES_PER_BOARD = 1_000;

/** The last moment that a date can say, and with a minus the first (ECMA-262 21.4.1.1). */
export const LAST_MOMENT_MS = 8_640_000_000_000_000;

/** A moment by the board's clock, however wrong: ms UTC. */
const Moment = Type.Integer({ minimum: -LAST_MOMENT_MS, maximum: LAST_MOMENT_MS });
/** A number that counts something. */
const Count = (minimum: number) =>
  Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER - MAX_REPORT_ROWS });
/** Text of a board: anything but NUL, which no database of ours keeps. */
const Text = (maxLength: number) => Type.String({ maxLength, pattern: "^[^\\u0000]*$" });

/** As a pattern alone: the names of a record's members are held to nothing else. */
export const SeriesName = Type.String({
  pattern: `^[a-z0-9][a-z0-9._-]{0,${MAX_SERIES_NAME_LENGTH - 1}}$`,
});

/** A command that waited for its board. `id` is the operation; `cursor` orders the lane. */
export const Job = Type.Object({
  id: Type.String(),
  cursor: Type.Integer(),
  procedure: Type.String({ description: "feature.verb" }),
  args: Type.Unknown(),
  idempotent: Type.Boolean(),
  expiresAtMs: Type.Integer(),
  traceparent: Type.Optional(
    Type.String({ description: "Where the job stands in the trace of who asked for it" }),
  ),
  tracestate: Type.Optional(Type.String()),
});
export type Job = Static<typeof Job>;

/** What a board says of a series. */
export const SeriesDescription = Type.Object({
  unit: Text(32),
  periodS: Type.Number({ exclusiveMinimum: 0, maximum: MAX_SERIES_PERIOD_S }),
});

/** Rows of a report, by kind. A cloud that does not know a kind counts and drops it. */
export const ReportRow = Type.Union([
  /** What is measured: sent at each join and when it changes, before the first value. */
  Type.Object({
    kind: Type.Literal("series"),
    series: Type.Record(SeriesName, SeriesDescription, { additionalProperties: false }),
  }),
  /** Values measured at one moment. `live`: for watchers only, not stored. */
  Type.Object({
    kind: Type.Literal("points"),
    /** Board's wall clock. */
    atMs: Moment,
    monotonicMs: Type.Number({ description: "Since boot" }),
    values: Type.Record(SeriesName, Type.Number(), { additionalProperties: false }),
    live: Type.Optional(Type.Boolean()),
  }),
  /** Rows that had to be dropped while the board was cut off: shown as a gap. */
  Type.Object({
    kind: Type.Literal("dropped"),
    fromMs: Moment,
    toMs: Moment,
    count: Count(1),
  }),
  /** How each entry of the target stands. */
  Type.Object({
    kind: Type.Literal("entries"),
    revision: Count(0),
    entries: Type.Array(
      Type.Object({
        key: Text(200),
        hash: Text(64),
        state: Type.Enum(["waiting", "reached", "failed"]),
        code: Type.Optional(Text(64)),
        sentence: Type.Optional(Text(500)),
      }),
      { maxItems: 1_000 },
    ),
  }),
  Type.Object({ kind: Type.Literal("info"), info: BoardInfo }),
  /** How a plugin on the board is from now on. */
  Type.Object({ kind: Type.Literal("plugin"), status: PluginStatus, atMs: Moment }),
  /** Lines of a plugin that somebody follows: for watchers only, not stored. */
  Type.Object({
    kind: Type.Literal("lines"),
    plugin: PluginName,
    lines: Type.Array(PluginLine, { maxItems: MAX_LINES_PER_ROW }),
    /** Lines that were written but left out: too many at once. */
    dropped: Count(0),
  }),
  /** The end of a job, or a late answer to a command whose call was lost (`id`: the operation). */
  Type.Object({
    kind: Type.Literal("result"),
    id: Text(64),
    state: Type.Enum(["done", "failed", "unknown", "expired"]),
    result: Type.Optional(Type.Unknown()),
    code: Type.Optional(Text(64)),
    sentence: Type.Optional(Text(500)),
  }),
]);
export type ReportRow = Static<typeof ReportRow>;

/** A batch of rows: `seq` numbers the first, the others follow. Deduplicated by (board, bootId, seq). */
export const ReportBatch = Type.Object({
  bootId: Type.String({
    minLength: 1,
    maxLength: 64,
    pattern: "^[^\\u0000]+$",
    description: "Of the agent's report journal: new when its numbering starts again",
  }),
  seq: Count(1),
  /** The board's clock when it sent this, so that the cloud can tell its error. */
  sentAtMs: Moment,
  synchronised: Type.Boolean({ description: "Whether the board trusts its wall clock" }),
  rows: Type.Array(Type.Unknown(), { minItems: 1, maxItems: MAX_REPORT_ROWS }),
});
export type ReportBatch = Static<typeof ReportBatch>;

/** What an agent says of itself in HELLO `authextra`, beside what cryptosign needs. */
export const HelloExtra = Type.Object({
  contract: Count(1),
  /** So few and so short that a session stays below 2 KiB. */
  features: Type.Array(Text(32), { maxItems: 32 }),
  version: Text(64),
  kind: Type.Optional(Type.String({ maxLength: 32 })),
  simulated: Type.Optional(Type.Boolean()),
  /** Ed25519 public key, hex: cryptosign needs it, enrolment stores it. */
  pubkey: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  channel_binding: Type.Optional(Type.Union([Type.Literal("tls-exporter"), Type.Null()])),
});
export type HelloExtra = Static<typeof HelloExtra>;

/** Which target this is, to be compared with another tag only: one that was changed, by whomever, has another. */
const TargetTag = Text(128);

/** What the cloud knows of a board that joins: it need not ask for what it has, nor tell what is known. */
const KnownOfBoard = Type.Object({
  target: TargetTag,
  jobs: Type.Boolean({ description: "Jobs wait for the board, or are under way there" }),
  reports: Type.Union([
    Type.Null(),
    Type.Object({
      bootId: Text(64),
      seq: Type.Integer({ description: "Everything of this journal up to this number is safe" }),
    }),
  ]),
});
export type KnownOfBoard = Static<typeof KnownOfBoard>;

/** What the cloud adds to WELCOME `authextra`. */
export const WelcomeExtra = Type.Object({
  board: Type.String({ description: "Board uuid" }),
  name: Type.String(),
  epoch: Type.Integer(),
  contract: Type.Integer(),
  timeMs: Type.Integer({ description: "The cloud's clock" }),
  upgradeOnly: Type.Optional(
    Type.Boolean({ description: "The board's contract is too old for anything but an upgrade" }),
  ),
  knows: Type.Optional(KnownOfBoard),
});
export type WelcomeExtra = Static<typeof WelcomeExtra>;

/** Realm of the link; realms are node-local. */
export const LINK_REALM = "s4t";
/** `authid` of a HELLO that enrols: its ticket is the enrolment code. Every other HELLO has the board's uuid in hex. */
export const ENROL_AUTHID = "enrol";

/** On the board: "look again". Nothing in it can be replayed wrongly. */
export const link = {
  hint: procedure({
    on: "board",
    name: "link.hint",
    summary: "Target or jobs changed: fetch them",
    args: Type.Object({ revision: Type.Integer() }),
    reply: Type.Object({}),
    timeoutMs: 10_000,
    idempotent: true,
  }),
};

/** In the cloud: what a board may call. */
export const cloudProcedures = {
  targetGet: procedure({
    on: "cloud",
    name: "target.get",
    summary: "The sections of the target that the board lacks, and waiting jobs",
    args: Type.Object({
      have: Type.Record(Type.String({ maxLength: 64 }), Type.String({ maxLength: 64 }), {
        maxProperties: 64,
      }),
      jobsAfter: Count(0),
    }),
    reply: Type.Object({
      target: Target,
      tag: Type.Optional(TargetTag),
      jobs: Type.Array(Job, { maxItems: MAX_JOBS_PER_REPLY }),
      moreJobs: Type.Boolean(),
    }),
    timeoutMs: 15_000,
    idempotent: true,
  }),
  reportAppend: procedure({
    on: "cloud",
    name: "report.append",
    summary: "Store rows; answers after commit with the last number that is safe",
    args: ReportBatch,
    reply: Type.Object({
      acked: Type.Integer({ minimum: 0 }),
      describe: Type.Optional(
        Type.Boolean({ description: "Values came of series that the cloud does not know" }),
      ),
    }),
    timeoutMs: 30_000,
    idempotent: true,
  }),
  blobTicket: procedure({
    on: "cloud",
    name: "blob.ticket",
    summary: "A ticket to fetch by HTTP GET, with Range, bytes that the board's target names",
    args: Type.Object({ sha256: Sha256 }),
    reply: Type.Object({ path: Type.String(), token: Type.String(), expiresInS: Type.Integer() }),
    timeoutMs: 10_000,
    idempotent: true,
  }),
  reportBacklog: procedure({
    on: "cloud",
    name: "report.backlog",
    summary:
      "A one-use ticket to send a backlog by HTTP POST to `path`, so that commands are not delayed",
    args: Type.Object({}),
    reply: Type.Object({ path: Type.String(), token: Type.String(), expiresInS: Type.Integer() }),
    timeoutMs: 10_000,
    idempotent: true,
  }),
};
