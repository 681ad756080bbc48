// The event socket, `/events`: one WebSocket, JSON frames, topics with cursors. `docs/reference/events.md` is made from this.
import type { Static } from "typebox";
import * as Type from "typebox";
import { PluginLine } from "./board/plugins.ts";
import { AuditEntry } from "./rest/audit.ts";
import { Board } from "./rest/boards.ts";
import { Fleet } from "./rest/fleets.ts";
import { Operation } from "./rest/operations.ts";
import { Injection } from "./rest/plugins.ts";
import { Connection } from "./rest/services.ts";

/** Heartbeats of the socket: a reader that misses one and a half of them knows that it is cut off. */
export const EVENT_BEAT_MS = 10_000;
/** Most topics of one socket: a page with twenty plots and its lists fits ten times. */
export const MAX_TOPICS_PER_SOCKET = 200;
/** At most this often a topic's changes are sent; the last value of a key wins in between. */
export const EVENT_FLUSH_MS = 250;
/** How long the first change after a silence of {@link EVENT_FLUSH_MS} waits for what changes with it. */
export const EVENT_GATHER_MS = 20;

/** What a client says. The first frame is `auth`, within 10 s. */
export const ClientFrame = Type.Union([
  Type.Object({
    type: Type.Literal("auth"),
    token: Type.Optional(Type.String({ maxLength: 1_024, description: "Bearer token (programs)" })),
    ticket: Type.Optional(
      Type.String({
        maxLength: 1_024,
        description: "One-use ticket (browsers, beside their cookie)",
      }),
    ),
  }),
  Type.Object({
    type: Type.Literal("subscribe"),
    id: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      description: "Chosen by the client, names the subscription",
    }),
    topic: Type.String({
      maxLength: 200,
      description:
        "boards, board:UUID, series:UUID, plugins:UUID, lines:UUID/PLUGIN, connections:UUID, fleets, operations, audit",
    }),
    project: Type.Optional(
      Type.String({ maxLength: 63, description: "As the header s4t-project" }),
    ),
    since: Type.Optional(
      Type.String({ maxLength: 64, description: "Cursor of the last frame seen" }),
    ),
  }),
  Type.Object({
    type: Type.Literal("unsubscribe"),
    id: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
  }),
]);
export type ClientFrame = Static<typeof ClientFrame>;

/** Data of each topic, as snapshot and as change. */
export const topicData = {
  /** `removed` lists ids that left. A snapshot of `boards` holds no rows: lists are read by REST, then kept fresh here. */
  boards: Type.Object({ changed: Type.Array(Board), removed: Type.Array(Type.String()) }),
  board: Type.Object({ board: Board }),
  /** Values as they arrive, by series name. */
  series: Type.Object({
    at: Type.Integer({ description: "ms UTC" }),
    values: Type.Record(Type.String(), Type.Number()),
  }),
  /** Plugins of one board: all of them first, then each that changes; `removed` lists ids of plugins that were taken off. */
  plugins: Type.Object({
    changed: Type.Array(Injection),
    removed: Type.Array(Type.String()),
  }),
  /** Lines of one plugin on one board as it writes them. `dropped`: lines that were left out, too many at once. */
  lines: Type.Object({ lines: Type.Array(PluginLine), dropped: Type.Integer() }),
  /** Who is connected to one board: all of them first, then who comes and whose bytes moved; `removed` lists ids of what ended. */
  connections: Type.Object({
    changed: Type.Array(Connection),
    removed: Type.Array(Type.String()),
  }),
  /** Fleets that were made, changed or joined; `removed` lists ids. As of `boards`, a snapshot holds no rows. */
  fleets: Type.Object({ changed: Type.Array(Fleet), removed: Type.Array(Type.String()) }),
  operations: Type.Object({ changed: Type.Array(Operation) }),
  audit: Type.Object({ added: Type.Array(AuditEntry) }),
} as const;
export type TopicName = keyof typeof topicData;
export type TopicData = { readonly [Name in TopicName]: Static<(typeof topicData)[Name]> };

/** What the server says. `cursor` goes back in `since`; `snapshot` replaces, `change` adds. */
export type ServerFrame =
  | { readonly type: "welcome"; readonly time: number }
  | { readonly type: "beat"; readonly time: number }
  | {
      readonly type: "snapshot" | "change";
      readonly id: number;
      readonly cursor: string;
      readonly data: TopicData[TopicName];
    }
  | {
      readonly type: "error";
      readonly id: number | null;
      readonly code: string;
      readonly sentence: string;
    };
