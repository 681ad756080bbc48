// What a simulator and who started it say to each other over its standard streams, one JSON text a line: which boards to play,
// which of them have no identity yet, and enrolments for those. Where asked for, how they are follows once a second.
import type { Static } from "typebox";
import * as Type from "typebox";

/** Most boards that one simulator plays: sockets of one process, with room below the usual limit of 16,384 descriptors. */
export const MAX_SIMULATED_BOARDS = 10_000;
/** Most boards a second that drop by themselves: more is a storm, which is asked for as one. */
export const MAX_CHURN = 1_000;

const Uuid = Type.String({ maxLength: 36 });

/** How a board is lost: its socket is cut, nothing more comes through it and nobody hears why, or its agent says goodbye. */
export const dropKinds = ["cut", "silent", "clean"] as const;
export type DropKind = (typeof dropKinds)[number];

/** First line, to the simulator. */
export const SimulationPlan = Type.Object({
  url: Type.String({ description: "Of the cloud" }),
  boards: Type.Array(Type.Object({ uuid: Uuid, name: Type.String(), seed: Type.Integer() }), {
    maxItems: MAX_SIMULATED_BOARDS,
  }),
  churn: Type.Optional(
    Type.Object({
      perSecond: Type.Number({ minimum: 0, maximum: MAX_CHURN }),
      seed: Type.Integer({ description: "Of who drops when, and how" }),
    }),
  ),
  progress: Type.Optional(Type.Boolean()),
});
export type SimulationPlan = Static<typeof SimulationPlan>;

/** Second line, from the simulator: uuids of the boards that it holds no key for. */
export const SimulationNeeds = Type.Object({ enrol: Type.Array(Uuid) });
export type SimulationNeeds = Static<typeof SimulationNeeds>;

/** Third line, to the simulator: enrolment strings by uuid. Standard input stays open behind it; its end ends the simulator. */
export const SimulationEnrolments = Type.Object({
  enrolments: Type.Record(Type.String(), Type.String()),
});
export type SimulationEnrolments = Static<typeof SimulationEnrolments>;

/** Any later line, to the simulator: so many boards drop at once, and may come back at once. */
export const SimulationOrder = Type.Object({
  drop: Type.Integer({ minimum: 1, maximum: MAX_SIMULATED_BOARDS }),
  kind: Type.Enum(dropKinds),
});
export type SimulationOrder = Static<typeof SimulationOrder>;

const Milliseconds = Type.Union([Type.Number(), Type.Null()]);
const Figures = Type.Object({
  count: Type.Integer(),
  p50: Milliseconds,
  p99: Milliseconds,
  max: Milliseconds,
});
const byKind = <T extends Type.TSchema>(of: T) => Type.Object({ cut: of, silent: of, clean: of });

/** Later lines from the simulator. Times in milliseconds. */
export const SimulationProgress = Type.Object({
  boards: Type.Integer(),
  connected: Type.Integer(),
  ended: Type.Integer({ description: "Boards that were refused for good" }),
  joins: Type.Integer(),
  firstJoin: Figures,
  drops: byKind(Type.Integer()),
  back: byKind(Figures),
});
export type SimulationProgress = Static<typeof SimulationProgress>;
