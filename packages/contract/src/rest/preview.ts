// What a change would do, without doing it: the answer to a request with `?preview=true`.
import type { Static } from "typebox";
import * as Type from "typebox";

/** Names that a preview shows of each group. */
export const PREVIEW_NAMES = 10;

const group = {
  count: Type.Integer({ minimum: 0 }),
  first: Type.Array(Type.String(), {
    maxItems: PREVIEW_NAMES,
    description: "Names of the first of them",
  }),
};

/** What a request would touch, and what would refuse it. */
export const Preview = Type.Object(
  {
    effects: Type.Array(
      Type.Object({
        noun: Type.String({ description: "What is touched: board, fleet, plugin, …" }),
        action: Type.String({
          description: "What would be on record, such as `fleet.join`; `waits`: for its board",
        }),
        ...group,
      }),
    ),
    refusals: Type.Array(
      Type.Object({
        code: Type.String({ description: "Of the error table" }),
        sentence: Type.String(),
        ...group,
      }),
    ),
  },
  { $id: "Preview" },
);
export type Preview = Static<typeof Preview>;
