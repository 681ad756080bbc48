// Problem details (RFC 9457) as every endpoint of ours answers an error.
import type { Static } from "typebox";
import * as Type from "typebox";

export const ProblemDetails = Type.Object(
  {
    type: Type.String({ description: "URN of the code, `urn:s4t:error:board.offline`" }),
    title: Type.String({ description: "The sentence" }),
    status: Type.Integer(),
    code: Type.String(),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    retryable: Type.Boolean(),
    reference: Type.Optional(Type.String({ description: "Short id that the log has too" })),
  },
  { $id: "ProblemDetails" },
);
export type ProblemDetails = Static<typeof ProblemDetails>;

/** Content type of such an answer. */
export const PROBLEM_MEDIA_TYPE = "application/problem+json";
/** Header that names the project of a request: its id or name, or `all` for an administrator's view over all. */
export const PROJECT_HEADER = "s4t-project";
/** The view over all projects. */
export const ALL_PROJECTS = "all";
