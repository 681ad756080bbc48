// Boards: registry, enrolment, commands, target, timeline. The example for every other noun's file.
import type { Static } from "typebox";
import * as Type from "typebox";
import { BoardInfo } from "../board/board.ts";
import { OriginalCall, RegistrationCode } from "../board/original.ts";
import { Uuid } from "../ids.ts";
import { MAX_QUERY_LENGTH } from "../query/index.ts";
import { boardStates } from "../status.ts";
import { TargetSettings, TargetSettingsChange } from "../target/settings.ts";
import { endpoint, Strict } from "./endpoint.ts";
import { BoardFleet } from "./fleet-priority.ts";
import { Operation } from "./operations.ts";
import {
  Actions,
  Description,
  Labels,
  Location,
  Name,
  Page,
  Problem,
  pageQuery,
  pageQueryById,
  resourceMembers,
  Time,
  uuidParams,
} from "./shared.ts";

export const BoardStatus = Type.Enum(boardStates);

/** One entry of a board's target, wanted and reached. */
export const TargetEntryState = Type.Object(
  {
    key: Type.String({ description: "Stable key, `section/name`" }),
    state: Type.Enum(["waiting", "reached", "failed"]),
    problem: Type.Union([Problem, Type.Null()]),
    since: Type.Union([Time, Type.Null()]),
  },
  { $id: "TargetEntryState" },
);

/** Why a board is not well: one sentence, dated facts, what to do next. */
export const Why = Type.Object(
  {
    code: Type.String({
      description: "For example link-lost, agent-stopped, target-failed, never-seen",
    }),
    since: Type.Union([Time, Type.Null()]),
    facts: Type.Array(
      Type.Object({
        at: Type.Union([Time, Type.Null()]),
        ok: Type.Boolean(),
        code: Type.String(),
        text: Type.String(),
      }),
    ),
  },
  { $id: "Why" },
);

/** A board as the API shows it. */
export const Board = Type.Object(
  {
    ...resourceMembers,
    project: Uuid("Project"),
    status: BoardStatus,
    why: Type.Union([Why, Type.Null()]),
    description: Description,
    labels: Labels,
    location: Type.Union([Location, Type.Null()]),
    fleets: Type.Array(BoardFleet, {
      description: "By priority; the first is its primary fleet where that is 0",
    }),
    agent: Type.Object({
      kind: Type.Union([Type.Literal("lightning-rod"), Type.Literal("original"), Type.Null()]),
      version: Type.Union([Type.String(), Type.Null()]),
      contract: Type.Union([Type.Integer(), Type.Null()]),
      features: Type.Array(Type.String()),
    }),
    simulated: Type.Boolean(),
    /** SHA-256 of the board's public key, first 16 hex digits in groups: for comparing by eye. */
    fingerprint: Type.Union([Type.String(), Type.Null()]),
    connectivity: Type.Object({
      connected: Type.Boolean(),
      since: Type.Union([Time, Type.Null()], { description: "Of the present state" }),
      lastSeenAt: Type.Union([Time, Type.Null()]),
      address: Type.Union([Type.String(), Type.Null()], {
        description: "Where the board connects from",
      }),
      latencyMs: Type.Union([Type.Number(), Type.Null()], {
        description:
          "Round trip to the board, as the link's keep-alive last measured it; null while it is away",
      }),
      epoch: Type.Integer({ description: "Counts sessions; fences stale ones" }),
    }),
    target: Type.Object({
      wanted: Type.Integer({ description: "Revision that should be" }),
      reached: Type.Integer({ description: "Revision that every entry settled at" }),
      failed: Type.Integer({ description: "Entries that failed" }),
    }),
    info: Type.Union([BoardInfo, Type.Null()], { description: "As the board last reported" }),
    actions: Actions,
  },
  { $id: "Board" },
);
export type Board = Static<typeof Board>;

/** An enrolment: the string is shown once and stored hashed. */
export const Enrolment = Type.Object(
  {
    enrolment: Type.String({
      description:
        "The whole string for `s4t agent run --enrol`; for an original agent its registration code",
    }),
    expiresAt: Time,
    /** Commands to paste on the second machine, in the order of preference. */
    commands: Type.Array(Type.Object({ kind: Type.String(), command: Type.String() })),
  },
  { $id: "Enrolment" },
);
export type Enrolment = Static<typeof Enrolment>;

/** One line of a board's timeline: changes, accesses and presence in one stream. */
export const TimelineEntry = Type.Object(
  {
    at: Time,
    kind: Type.Enum(["change", "presence", "operation", "target"]),
    code: Type.String(),
    actor: Type.Union([Type.String(), Type.Null()]),
    facts: Type.Record(Type.String(), Type.Unknown()),
  },
  { $id: "TimelineEntry" },
);

const changeable = {
  description: Type.Optional(Description),
  labels: Type.Optional(Labels),
  location: Type.Optional(Type.Union([Location, Type.Null()])),
  fleet: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 63 }), Type.Null()], {
      description: "Its primary fleet, by id or name; null for none",
    }),
  ),
};

/** For which agent an enrolment is. */
const enrolling = {
  agent: Type.Optional(
    Type.Enum(["lightning-rod", "original"], {
      description:
        "`original`: a registration code for the original agent, where the cloud takes such boards",
    }),
  ),
  code: Type.Optional(RegistrationCode),
};

/** How a command reaches the board: at once or not at all, or when it is next there. */
const delivery = {
  deliver: Type.Optional(Type.Union([Type.Literal("now"), Type.Literal("when-online")])),
  expiresInS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 604_800,
      description: "Of a waiting command; a day unless said",
    }),
  ),
};

const command = (verb: string, summary: string) =>
  endpoint({
    method: "POST",
    path: `/api/boards/{uuid}/${verb}`,
    action: `board.${verb}`,
    scope: "project",
    summary,
    params: uuidParams,
    body: Strict(delivery),
    reply: Operation,
    example: {},
  });

export const boards = {
  list: endpoint({
    method: "GET",
    path: "/api/boards",
    action: "board.list",
    scope: "project",
    summary: "List boards",
    query: Strict({
      ...pageQueryById,
      q: Type.Optional(
        Type.String({
          maxLength: MAX_QUERY_LENGTH,
          description:
            "A query, such as `status:offline fleet:buses`; the members below are spellings of its terms",
        }),
      ),
      status: Type.Optional(
        Type.String({
          maxLength: 100,
          description: "One or more states, with commas; all but `retired` unless said",
        }),
      ),
      text: Type.Optional(
        Type.String({ maxLength: 100, description: "Part of the name, id or address" }),
      ),
      label: Type.Optional(Type.String({ maxLength: 200, description: "`name` or `name=value`" })),
      fleet: Type.Optional(
        Type.String({ minLength: 1, maxLength: 63, description: "In this fleet, by id or name" }),
      ),
      sort: Type.Optional(Type.Enum(["name", "-name", "seen", "-seen", "created", "-created"])),
    }),
    reply: Page(Board),
  }),
  counts: endpoint({
    method: "GET",
    path: "/api/boards/counts",
    action: "board.list",
    scope: "project",
    summary: "How many boards are in which state",
    query: Strict({
      fleet: Type.Optional(
        Type.String({ minLength: 1, maxLength: 63, description: "In this fleet, by id or name" }),
      ),
    }),
    reply: Type.Object({
      total: Type.Integer(),
      byStatus: Type.Record(Type.String(), Type.Integer()),
    }),
  }),
  create: endpoint({
    method: "POST",
    path: "/api/boards",
    action: "board.create",
    scope: "project",
    summary: "Register a board and make its enrolment",
    body: Strict({
      name: Name,
      ...changeable,
      enrolmentExpiresInS: Type.Optional(
        Type.Integer({ minimum: 60, maximum: 2_592_000, description: "A day unless said" }),
      ),
      ...enrolling,
    }),
    reply: Type.Object({ board: Board, enrolment: Enrolment }),
    status: 201,
    example: { name: "garibaldi-12" },
  }),
  show: endpoint({
    method: "GET",
    path: "/api/boards/{uuid}",
    action: "board.show",
    scope: "project",
    summary: "Show a board",
    params: uuidParams,
    reply: Board,
  }),
  update: endpoint({
    method: "PATCH",
    path: "/api/boards/{uuid}",
    action: "board.update",
    scope: "project",
    summary: "Change name, description, labels, location or primary fleet",
    params: uuidParams,
    body: Strict({ name: Type.Optional(Name), ...changeable }),
    revised: true,
    reply: Board,
  }),
  retire: endpoint({
    method: "POST",
    path: "/api/boards/{uuid}/retire",
    action: "board.retire",
    scope: "project",
    summary: "Retire a board: its key is withdrawn, its history stays",
    params: uuidParams,
    body: Strict({}),
    revised: true,
    preview: true,
    reply: Board,
    example: {},
  }),
  rearm: endpoint({
    method: "POST",
    path: "/api/boards/{uuid}/enrolment",
    action: "board.rearm",
    scope: "project",
    summary:
      "Make a new enrolment for a board; earlier codes and the present key end when it is used",
    params: uuidParams,
    body: Strict({
      expiresInS: Type.Optional(Type.Integer({ minimum: 60, maximum: 2_592_000 })),
      ...enrolling,
    }),
    reply: Enrolment,
    status: 201,
    example: {},
  }),
  ping: command("ping", "Ask the board for a sign of life"),
  restart: command("restart", "Restart the agent"),
  reboot: command("reboot", "Reboot the machine with its configured command"),
  original: endpoint({
    method: "POST",
    path: "/api/boards/{uuid}/original",
    action: "board.original",
    scope: "project",
    summary: "Call a procedure that only the original agent has",
    params: uuidParams,
    body: OriginalCall,
    reply: Operation,
    example: { method: "DeviceNetConfig", args: [] },
  }),
  info: endpoint({
    method: "GET",
    path: "/api/boards/{uuid}/info",
    action: "board.info",
    scope: "project",
    summary: "Ask the board about itself, now",
    params: uuidParams,
    reply: BoardInfo,
  }),
  target: endpoint({
    method: "GET",
    path: "/api/boards/{uuid}/target",
    action: "board.target",
    scope: "project",
    summary: "What should be true on the board, and what is",
    params: uuidParams,
    reply: Type.Object({
      wanted: Type.Integer(),
      reached: Type.Integer(),
      entries: Type.Array(TargetEntryState),
      settings: TargetSettings,
    }),
  }),
  settings: endpoint({
    method: "PATCH",
    path: "/api/boards/{uuid}/settings",
    action: "board.settings",
    scope: "project",
    summary: "Change the settings of the agent",
    params: uuidParams,
    body: TargetSettingsChange,
    revised: true,
    preview: true,
    reply: TargetSettings,
    example: { sensors: { storeEveryS: 30 } },
  }),
  timeline: endpoint({
    method: "GET",
    path: "/api/boards/{uuid}/timeline",
    action: "board.timeline",
    scope: "project",
    summary: "What happened around a board, newest first",
    params: uuidParams,
    query: Strict({ ...pageQuery }),
    reply: Page(TimelineEntry),
  }),
};
