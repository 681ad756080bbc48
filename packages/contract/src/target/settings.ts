import { type Static, Type } from "typebox";

/** Settings of an agent that the cloud may change: the section `settings`, one entry a member. */
export const TargetSettings = Type.Object(
  {
    sensors: Type.Object(
      {
        enabled: Type.Boolean({ description: "Whether the board measures itself" }),
        storeEveryS: Type.Integer({
          minimum: 5,
          maximum: 86_400,
          description: "How often values are stored",
        }),
      },
      { additionalProperties: false },
    ),
    log: Type.Object(
      {
        level: Type.Enum(["debug", "info", "warn", "error"]),
        ship: Type.Boolean({
          description: "Whether warnings and errors are reported to the cloud",
        }),
      },
      { additionalProperties: false },
    ),
  },
  { $id: "TargetSettings", additionalProperties: false },
);
export type TargetSettings = Static<typeof TargetSettings>;

/** What holds where nobody said otherwise. */
export const defaultSettings: TargetSettings = {
  sensors: { enabled: true, storeEveryS: 60 },
  log: { level: "info", ship: true },
};
