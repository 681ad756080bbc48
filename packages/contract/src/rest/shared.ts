// Pieces that several nouns' schemas are made of: names, labels, times, pages.
import type { Static, TSchema } from "typebox";
import * as Type from "typebox";
import { Uuid } from "../ids.ts";
import { Strict } from "./endpoint.ts";

/** Longest name of anything a person names: fits a DNS label, a table column and a phone. */
export const MAX_NAME_LENGTH = 63;
/** Most labels on one resource: enough for every scheme seen, few enough to show on one page. */
export const MAX_LABELS = 32;
/** Longest value of a label. */
export const MAX_LABEL_LENGTH = 128;
/** Most rows of one page: a page is bound by row objects and JSON, so it stays small and there are more of them. */
export const MAX_PAGE_SIZE = 1_000;
/** Rows of a page where nobody says otherwise. */
export const DEFAULT_PAGE_SIZE = 50;

/** A name: 1 to 63 characters, no control characters, no blank at the ends. */
export const Name = Type.String({
  minLength: 1,
  maxLength: MAX_NAME_LENGTH,
  pattern:
    "^[^\\s\\u0000-\\u001f\\u007f-\\u009f](?:[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\s\\u0000-\\u001f\\u007f-\\u009f])?$",
  description: "Unique within its project",
});

/** Free text of a person. */
export const Description = Type.String({ maxLength: 1_000 });

/** RFC 3339 in UTC with `Z` and milliseconds. */
export const Time = Type.String({
  pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,3})?Z$",
  description: "RFC 3339, UTC",
});

/** Labels: names and values of one's own scheme. */
export const Labels = Type.Record(
  Type.String({ pattern: "^[a-z0-9][a-z0-9._-]{0,62}$" }),
  Type.String({ maxLength: MAX_LABEL_LENGTH }),
  { maxProperties: MAX_LABELS, additionalProperties: false },
);
export type Labels = Static<typeof Labels>;

/** Members that every named resource has. `rev` counts its changes and is its ETag. */
export const resourceMembers = {
  uuid: Uuid("Id"),
  name: Name,
  rev: Type.Integer({
    minimum: 1,
    description: "Counts changes; the ETag is this number in quotes",
  }),
  createdAt: Time,
  updatedAt: Time,
};

/** Query members of every list. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_PAGE_SIZE,
      description: "Rows of a page, 50 unless said",
    }),
  ),
  after: Type.Optional(
    Type.String({ maxLength: 512, description: "Cursor: `next` of the page before" }),
  ),
};

/** The same of lists whose rows can be begun after by their id, too. */
export const pageQueryById = {
  ...pageQuery,
  after: Type.Optional(
    Type.String({
      maxLength: 512,
      description: "Cursor: `next` of the page before; or the id of a row",
    }),
  ),
};

/** A page: rows, and the cursor of the next page or null. */
export const Page = <Row extends TSchema>(row: Row) =>
  Type.Object({
    items: Type.Array(row),
    next: Type.Union([Type.String(), Type.Null()], {
      description: "Cursor of the next page; null at the end",
    }),
  });

/** What the actor may do with a resource: `true`, or why not. */
export const Actions = Type.Record(
  Type.String(),
  Type.Union([Type.Literal(true), Type.Object({ code: Type.String(), because: Type.String() })]),
);
export type Actions = Static<typeof Actions>;

/** Path parameter `{uuid}`. Board, project and user paths also accept the name. */
export const uuidParams = Strict({
  uuid: Type.String({ minLength: 1, maxLength: 63, description: "Id, or name" }),
});

/** A position on the earth (WGS 84). */
export const Location = Type.Object(
  {
    latitude: Type.Number({ minimum: -90, maximum: 90 }),
    longitude: Type.Number({ minimum: -180, maximum: 180 }),
    altitudeM: Type.Optional(Type.Number()),
    accuracyM: Type.Optional(Type.Number({ minimum: 0 })),
    address: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
);
export type Location = Static<typeof Location>;

/** A cause of a refusal or a failure, as shown: code of the error table and its sentence. */
export const Problem = Type.Object({
  code: Type.String(),
  sentence: Type.String(),
  details: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: "What the sentence is made of, and more: a plugin's own traceback",
    }),
  ),
});
export type Problem = Static<typeof Problem>;
