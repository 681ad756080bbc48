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

/**
 * Most keys in the way from an earlier project key to the present one: all of it is in every board's target. The cloud refuses the
 * change that would leave a board behind (`project.boards-behind`).
 */
export const MAX_KEY_SUCCESSION = 32;

/**
 * The section `trust`, entry `project-key`: the key whose signature makes code and grants good, last, and before it, oldest
 * first, the earlier ones; each but the first is signed by the one before ({@link signedKeyText}). A board walks from the key
 * that it pinned at enrolment. `sealed`: the key is with the project's owner, and streams need a grant of it.
 */
export const TargetProjectKey = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        {
          key: Type.String({ pattern: "^[0-9a-f]{64}$" }),
          signature: Type.Union([Type.String({ pattern: "^[0-9a-f]{128}$" }), Type.Null()]),
          sealed: Type.Boolean(),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: MAX_KEY_SUCCESSION },
    ),
  },
  { $id: "TargetProjectKey", additionalProperties: false },
);
export type TargetProjectKey = Static<typeof TargetProjectKey>;

/** What an earlier key signs to name its successor, as UTF-8. */
export const signedKeyText = (key: string, sealed: boolean): string =>
  `s4t project key 1\n${key}\n${sealed ? "sealed" : "managed"}`;
