import type { Static } from "typebox";
import * as Type from "typebox";

/** The section `trust`, entry `ca`: certificates that the board shall accept for the cloud, most recent first. */
export const TargetCa = Type.Object(
  {
    certificates: Type.Array(Type.String({ maxLength: 8_192, description: "PEM" }), {
      minItems: 1,
      maxItems: 4,
    }),
    /** Signature of the canonical list by the CA key that the board trusts now, base64; null for the list it was enrolled with. */
    signature: Type.Union([Type.String({ maxLength: 1_024 }), Type.Null()]),
  },
  { $id: "TargetCa", additionalProperties: false },
);
export type TargetCa = Static<typeof TargetCa>;
