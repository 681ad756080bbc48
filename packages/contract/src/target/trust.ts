import type { Static } from "typebox";
import * as Type from "typebox";

/** Most certificates in the entry: the authority and the way to it. */
export const MAX_TRUST_CERTIFICATES = 8;

/**
 * The section `trust`, entry `ca`: the authority that the board shall trust for the cloud, first, and behind it, newest first,
 * each later authority as the one before signed it (X.509 cross certificates). A board walks from the one that it trusts.
 */
export const TargetCa = Type.Object(
  {
    certificates: Type.Array(Type.String({ maxLength: 8_192, description: "PEM" }), {
      minItems: 1,
      maxItems: MAX_TRUST_CERTIFICATES,
    }),
  },
  { $id: "TargetCa", additionalProperties: false },
);
export type TargetCa = Static<typeof TargetCa>;
