// The form of the conformance file: requests and what they must answer. Data, so that it runs against any cloud that speaks `/v1`.

/** What a value must be: itself; `{name}` is put in from what was kept; `~…` is a pattern; an object may have more members. */
export type Expected =
  | string
  | number
  | boolean
  | null
  | readonly Expected[]
  | { readonly [name: string]: Expected };

/** Must not be there. */
export const absent = "~absent";
/** Forms of values. */
export const uuid = "~^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
export const moment = "~^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?\\+00:00$";
export const some = "~^[^]+$";

/** Whose token goes with a request. `stranger`: a manager of another project. */
export type Who = "nobody" | "admin" | "manager" | "user" | "auditor" | "stranger";

/** One request and its answer. */
export interface Step {
  /** Section of the reference of the original that says so, and number of the endpoint. */
  readonly reference: string;
  readonly says: string;
  /** The manager unless said. */
  readonly as?: Who;
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "HEAD";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string;
  /** 200 unless said. */
  readonly status?: number;
  readonly answer?: Expected;
  /** The sentence in a doubly encoded error, as a pattern. */
  readonly fault?: string;
  readonly answerHeaders?: Readonly<Record<string, string>>;
  /** Kept for later steps: name → path into the answer, `boards.0.uuid`. */
  readonly keep?: Readonly<Record<string, string>>;
}
