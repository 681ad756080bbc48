// What a cloud and its simulator say to each other over the simulator's standard streams: one JSON text a line, three lines in
// all. Which boards to play, which of them have no identity yet, and enrolments for those.
import type { Static } from "typebox";
import * as Type from "typebox";

/** Most boards that one simulator plays: sockets of one process, with room below the usual limit of 16,384 descriptors. */
export const MAX_SIMULATED_BOARDS = 10_000;

const Uuid = Type.String({ maxLength: 36 });

/** First line, to the simulator. */
export const SimulationPlan = Type.Object({
  url: Type.String({ description: "Of the cloud" }),
  boards: Type.Array(Type.Object({ uuid: Uuid, name: Type.String(), seed: Type.Integer() }), {
    maxItems: MAX_SIMULATED_BOARDS,
  }),
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
