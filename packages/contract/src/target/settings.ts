import type { Static } from "typebox";
import * as Type from "typebox";

const strict = { additionalProperties: false } as const;

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
      { level: Type.Enum(["debug", "info", "warn", "error"]) },
      { additionalProperties: false },
    ),
  },
  { $id: "TargetSettings", additionalProperties: false },
);
export type TargetSettings = Static<typeof TargetSettings>;

/** What holds where nobody said otherwise. */
export const defaultSettings: TargetSettings = {
  sensors: { enabled: true, storeEveryS: 60 },
  log: { level: "info" },
};

/** A change of settings: what is not named stays. */
export const TargetSettingsChange = Type.Object(
  {
    sensors: Type.Optional(Type.Partial(TargetSettings.properties.sensors, strict)),
    log: Type.Optional(Type.Partial(TargetSettings.properties.log, strict)),
  },
  strict,
);
export type TargetSettingsChange = Static<typeof TargetSettingsChange>;
