import type { Static } from "typebox";
import * as Type from "typebox";
import { endpoint, Strict } from "./endpoint.ts";
import { Time, uuidParams } from "./shared.ts";

/** Most points of one range answer: two for each pixel of a wide screen. */
export const MAX_RANGE_POINTS = 4_000;

/** A series: one measured quantity of a board, with its last value. */
export const Series = Type.Object(
  {
    name: Type.String({ description: "For example cpu.load, memory.used, temperature.cpu" }),
    unit: Type.String({ description: "UCUM code; 1 for ratios" }),
    at: Type.Union([Time, Type.Null()]),
    value: Type.Union([Type.Number(), Type.Null()]),
    /** How often the board stores it. */
    periodS: Type.Number(),
  },
  { $id: "Series" },
);
export type Series = Static<typeof Series>;

/** A range of a series as columns; each point covers `stepS` seconds from its time. A null value is a gap. */
export const Range = Type.Object(
  {
    series: Type.String(),
    unit: Type.String(),
    stepS: Type.Number({ description: "0: raw values" }),
    at: Type.Array(Type.Integer({ description: "ms UTC" })),
    mean: Type.Array(Type.Union([Type.Number(), Type.Null()])),
    min: Type.Array(Type.Union([Type.Number(), Type.Null()])),
    max: Type.Array(Type.Union([Type.Number(), Type.Null()])),
    /** Values that the board had to drop while it was cut off, within this range. */
    dropped: Type.Integer({ minimum: 0 }),
    damagedDays: Type.Optional(
      Type.Array(Type.String(), {
        description: "Days whose stored values are damaged and may be missing, such as 2026-11-24",
      }),
    ),
  },
  { $id: "Range" },
);
export type Range = Static<typeof Range>;

export const observations = {
  series: endpoint({
    method: "GET",
    path: "/api/boards/{uuid}/series",
    action: "observation.read",
    scope: "project",
    summary: "What a board measures, with the latest values",
    params: uuidParams,
    reply: Type.Object({ items: Type.Array(Series) }),
  }),
  range: endpoint({
    method: "GET",
    path: "/api/boards/{uuid}/observations",
    action: "observation.read",
    scope: "project",
    summary: "Values of one series over a range of time",
    params: uuidParams,
    query: Strict({
      series: Type.String({ minLength: 1, maxLength: 100 }),
      from: Type.String({ maxLength: 40, description: "RFC 3339, or an age such as -24h" }),
      to: Type.Optional(Type.String({ maxLength: 40, description: "Now unless said" })),
      points: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: MAX_RANGE_POINTS,
          description: "Most points; 500 unless said",
        }),
      ),
    }),
    reply: Range,
  }),
};
