// The messages that a router handles most, read from their heads: CALL, YIELD and PUBLISH in the form that every client of today
// writes, no blanks in the head, codes and ids in digits. Arguments are walked over, not parsed. Anything else is not read here.
import { MAX_JSON_DEPTH } from "@s4t/kit";
import { MAX_ID } from "../ids.ts";
import type { Call, Dict, Payload, PayloadSource, Publish, Yield } from "../messages/message.ts";
import { noDetails } from "../messages/payload.ts";
import { mayHaveBytes, withBytes } from "./json-bytes.ts";
import { isDigit, skipJson } from "./json-scan.ts";

/** What sources of this form call themselves. */
export const JSON_SERIALIZER = "json";

/** Members of a message lie one level down. */
const MEMBER_DEPTH = MAX_JSON_DEPTH - 1;

/** Arguments as JSON text, known to be well-formed. */
class JsonSource implements PayloadSource {
  readonly serializer = JSON_SERIALIZER;
  /** From the comma before them to the end of the message, so that it may be the end of another. */
  readonly tail: string;
  readonly members: number;

  constructor(tail: string, members: number) {
    this.tail = tail;
    this.members = members;
  }

  get content(): string {
    return this.tail.slice(1, -1);
  }

  open(): Payload {
    const { content } = this;
    const [args, kwargs] = JSON.parse(`[${content}]`) as [unknown[]?, Dict?];
    const payload = kwargs === undefined ? { args } : { args, kwargs };
    return mayHaveBytes(content) ? withBytes(payload) : payload;
  }
}

/** The end of a message whose payload came as JSON text; undefined for others. */
export const jsonTailOf = (source: PayloadSource): string | undefined =>
  source instanceof JsonSource ? source.tail : undefined;

const none: PayloadSource = new JsonSource("]", 0);

/** Where the reader stands; one for all, since reading never waits. */
const cursor = { at: 0 };

/** A whole number from 1 to 2^53 and the comma behind it; 0: there is none. */
const readId = (text: string, from: number): number => {
  let at = from;
  let id = 0;
  for (;;) {
    const c = text.charCodeAt(at);
    if (!isDigit(c)) break; // or not a number at all, behind the end
    id = id * 10 + (c - 48);
    at += 1;
  }
  // Sixteen digits stay exact up to the greatest id, and none begins with 0.
  if (at - from > 16 || text.charCodeAt(from) === 48 || id > MAX_ID) return 0;
  // 2^53 + 1 is read as 2^53: its last digit tells them apart.
  if (id === MAX_ID && text.charCodeAt(at - 1) !== 50) return 0;
  if (text.charCodeAt(at) !== 44) return 0;
  cursor.at = at + 1;
  return id;
};

/** A dictionary; undefined: there is none that is plain enough. */
const readDict = (text: string): Dict | undefined => {
  const from = cursor.at;
  if (text.charCodeAt(from) !== 123) return undefined;
  if (text.charCodeAt(from + 1) === 125) {
    cursor.at = from + 2;
    return noDetails;
  }
  const end = skipJson(text, from, MEMBER_DEPTH);
  if (end === -1) return undefined;
  cursor.at = end;
  return JSON.parse(text.slice(from, end)) as Dict;
};

/** A comma and a string without escapes. */
const readString = (text: string): string | undefined => {
  const from = cursor.at;
  if (text.charCodeAt(from) !== 44 || text.charCodeAt(from + 1) !== 34) return undefined;
  for (let at = from + 2; ; at += 1) {
    const c = text.charCodeAt(at);
    if (c === 34) {
      cursor.at = at + 1;
      return text.slice(from + 2, at);
    }
    if (c === 92 || !(c >= 32)) return undefined;
  }
};

/** Arguments and keyword arguments up to the end of the message. */
const readSource = (text: string): PayloadSource | undefined => {
  const last = text.length - 1;
  let { at } = cursor;
  if (text.charCodeAt(last) !== 93) return undefined;
  if (at === last) return none;
  const from = at + 1;
  if (text.charCodeAt(at) !== 44 || text.charCodeAt(from) !== 91) return undefined;
  at = skipJson(text, from, MEMBER_DEPTH);
  if (at === last) return new JsonSource(text.slice(from - 1), 1);
  if (at === -1 || text.charCodeAt(at) !== 44 || text.charCodeAt(at + 1) !== 123) return undefined;
  return skipJson(text, at + 1, MEMBER_DEPTH) === last
    ? new JsonSource(text.slice(from - 1), 2)
    : undefined;
};

/** Reads one of the three; undefined for everything else, which has to be parsed. */
export const readJsonHead = (text: string): Call | Yield | Publish | undefined => {
  const code = text.slice(0, 4);
  const kind =
    code === "[48," ? "call" : code === "[70," ? "yield" : code === "[16," ? "publish" : undefined;
  if (kind === undefined) return undefined;
  const request = readId(text, 4);
  if (request === 0) return undefined;
  const options = readDict(text);
  if (options === undefined) return undefined;
  const uri = kind === "yield" ? "" : readString(text);
  if (uri === undefined) return undefined;
  const source = readSource(text);
  if (source === undefined) return undefined;
  if (kind === "call") return { kind, request, options, procedure: uri, source };
  if (kind === "yield") return { kind, request, options, source };
  return { kind, request, options, topic: uri, source };
};
