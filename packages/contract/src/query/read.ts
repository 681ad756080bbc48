// Text → query. The grammar, in EBNF (ISO/IEC 14977):
//
//   query = [ or ] ;
//   or = and , { "or" , and } ;
//   and = term , { term } ;
//   term = "-" , term | "(" , or , ")" | field , ":" , value , { "," , value } | sensor | value ;
//   sensor = "sensor." , series , ( ">" | ">=" | "<" | "<=" | "=" ) , number , [ "@" , digits , ( "s" | "m" | "h" | "d" ) ] ;
//   field = "status" | "name" | "id" | "fleet" | "label." , name | "near" ;
//   value = word | '"' , { character | '\"' | '\\' } , '"' ;
//
// A word ends before a space, a bracket or a quotation mark, and within a term with a field before a comma too.
import { fail } from "../errors/index.ts";
import { boardStates } from "../status.ts";
import {
  allOf,
  anyOf,
  type BoardQuery,
  EARTH_RADIUS_M,
  LATEST_KEPT_S,
  MAX_QUERY_DEPTH,
  MAX_QUERY_LENGTH,
  MAX_QUERY_TERMS,
  notOf,
  type QueryTerm,
  type QueryValues,
  type SensorOp,
} from "./tree.ts";

/** Where a text is no query: `at` counts UTF-16 units from 0. */
export interface QueryFault {
  readonly at: number;
  readonly because: string;
}

/** Fields that stand before a colon, in the order in which help lists them. */
export const queryFields = ["status", "fleet", "label.", "name", "id", "near"] as const;

const labelName = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const metresPerUnit: Readonly<Record<string, number>> = { m: 1, km: 1_000 };
/** Half of the way round: further than that is nothing. */
const FURTHEST_M = Math.PI * EARTH_RADIUS_M;

class Wrong extends Error {
  readonly fault: QueryFault;
  constructor(at: number, because: string) {
    super(because);
    this.fault = { at, because };
  }
}

interface Value {
  readonly at: number;
  readonly text: string;
  readonly quoted: boolean;
}

class Reading {
  readonly #text: string;
  #at = 0;
  #terms = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): BoardQuery {
    if (this.#text.length > MAX_QUERY_LENGTH)
      throw new Wrong(MAX_QUERY_LENGTH, `is longer than ${MAX_QUERY_LENGTH} characters`);
    this.#skip();
    if (this.#at === this.#text.length) return allOf();
    const query = this.#or(0);
    // Whatever else ends a group was taken by it.
    if (this.#at < this.#text.length) throw new Wrong(this.#at, "closes what was not opened");
    return query;
  }

  #skip(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }

  /** Takes the word `or` where it stands by itself. */
  #takesOr(): boolean {
    if (!/^or(?=[\s()"]|$)/.test(this.#text.slice(this.#at, this.#at + 3))) return false;
    this.#at += 2;
    this.#skip();
    return true;
  }

  #or(depth: number): BoardQuery {
    if (depth > MAX_QUERY_DEPTH)
      throw new Wrong(this.#at, `stands in more than ${MAX_QUERY_DEPTH} groups`);
    const some = [this.#and(depth)];
    while (this.#takesOr()) some.push(this.#and(depth));
    return anyOf(...some);
  }

  #and(depth: number): BoardQuery {
    const all: BoardQuery[] = [];
    for (;;) {
      const next = this.#text[this.#at];
      const before = this.#at;
      if (next === undefined || next === ")" || this.#takesOr()) {
        this.#at = before;
        if (all.length === 0) throw new Wrong(before, "a term is missing");
        return allOf(...all);
      }
      all.push(this.#term(depth));
      this.#skip();
    }
  }

  #term(depth: number): BoardQuery {
    const at = this.#at;
    if (this.#text[at] === "-") {
      if (depth > MAX_QUERY_DEPTH)
        throw new Wrong(at, `stands in more than ${MAX_QUERY_DEPTH} groups`);
      this.#at += 1;
      return notOf(this.#term(depth + 1));
    }
    if (this.#text[at] === "(") {
      this.#at += 1;
      this.#skip();
      const within = this.#or(depth + 1);
      if (this.#text[this.#at] !== ")") throw new Wrong(at, "is not closed");
      this.#at += 1;
      return within;
    }
    this.#terms += 1;
    if (this.#terms > MAX_QUERY_TERMS)
      throw new Wrong(at, `is one of more than ${MAX_QUERY_TERMS} terms`);
    if (this.#text[at] === '"') return this.#textTerm(this.#quoted());
    const word = /^[^\s()",:]*/.exec(this.#text.slice(at))?.[0] ?? "";
    if (word.startsWith("sensor.")) {
      this.#at += word.length;
      // A colon or a comma belongs to no comparison.
      if (/[^\s()]/.test(this.#text[this.#at] ?? " "))
        throw new Wrong(this.#at, "a space is missing");
      return sensorOf(at, word);
    }
    if (this.#text[at + word.length] === ":") {
      this.#at += word.length + 1;
      return this.#fieldTerm(at, word);
    }
    return this.#textTerm(this.#word(/^[^\s()"]+/));
  }

  #textTerm({ at, text }: Value): QueryTerm {
    if (text === "") throw new Wrong(at, "is empty");
    return { kind: "text", text };
  }

  #word(form: RegExp): Value {
    const at = this.#at;
    const [text] = form.exec(this.#text.slice(at)) ?? [""];
    if (text === "") throw new Wrong(at, "a value is missing");
    this.#at += text.length;
    return { at, text, quoted: false };
  }

  #quoted(): Value {
    const at = this.#at;
    const found = /^"((?:[^"\\]|\\["\\])*)"/.exec(this.#text.slice(at));
    if (!found)
      throw new Wrong(
        at,
        'the quotation is not closed, or has a backslash before neither " nor \\',
      );
    this.#at += found[0].length;
    return { at, text: (found[1] ?? "").replace(/\\(.)/g, "$1"), quoted: true };
  }

  #values(): readonly [Value, ...Value[]] {
    const one = (): Value =>
      this.#text[this.#at] === '"' ? this.#quoted() : this.#word(/^[^\s()",]+/);
    const values: [Value, ...Value[]] = [one()];
    while (this.#text[this.#at] === ",") {
      this.#at += 1;
      values.push(one());
    }
    // `a"b"` is two terms to nobody.
    if (/[^\s()]/.test(this.#text[this.#at] ?? " "))
      throw new Wrong(this.#at, "a space is missing");
    return values;
  }

  #fieldTerm(at: number, field: string): QueryTerm {
    const label = field.startsWith("label.") ? field.slice("label.".length) : undefined;
    if (label !== undefined && !labelName.test(label))
      throw new Wrong(at + "label.".length, "is not a name of a label");
    if (label === undefined && !(queryFields as readonly string[]).includes(field))
      throw new Wrong(
        at,
        `${field || "nothing"} is not a field: ${queryFields.map((each) => (each.endsWith(".") ? `${each}NAME` : each)).join(", ")}; put it in quotation marks to look for it`,
      );
    const values = this.#values();
    const texts = values.map(({ text }) => text);
    const empty = values.find(({ text }) => text === "");
    // A label may have an empty value; nothing else has.
    if (empty && label === undefined) throw new Wrong(empty.at, "is empty");
    const orAny: QueryValues =
      values.length === 1 && values[0].text === "*" && !values[0].quoted ? "any" : texts;
    switch (field) {
      case "status": {
        const wrong = values.find(({ text }) => !(boardStates as readonly string[]).includes(text));
        if (wrong)
          throw new Wrong(wrong.at, `${wrong.text} is not a state: ${boardStates.join(", ")}`);
        return { kind: "status", values: texts };
      }
      case "name":
      case "id":
        return { kind: field, values: texts };
      case "fleet":
        return { kind: "fleet", values: orAny };
      case "near":
        return nearOf(values);
      default:
        return { kind: "label", name: label ?? "", values: orAny };
    }
  }
}

const sensorForm =
  /^sensor\.([A-Za-z0-9_][A-Za-z0-9_.-]{0,99}?)(>=|<=|>|<|=)(-?\d{1,15}(?:\.\d{1,9})?)(?:@(\d{1,9})([smhd]))?$/;
const secondsPerUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

const sensorOf = (at: number, word: string): QueryTerm => {
  const [, series, op, number, age, unit = ""] = sensorForm.exec(word) ?? [];
  if (series === undefined)
    throw new Wrong(at, "must be a comparison such as sensor.temp>40 or sensor.temp<=-5.5@2h");
  const withinS = age === undefined ? undefined : Number(age) * (secondsPerUnit[unit] ?? 1);
  if (withinS !== undefined && !(withinS > 0 && withinS <= LATEST_KEPT_S))
    throw new Wrong(at, `an age must be from 1s to ${LATEST_KEPT_S / 86_400}d`);
  return {
    kind: "sensor",
    series,
    op: op as SensorOp,
    // There is no zero below zero.
    value: Number(number) + 0,
    ...(withinS === undefined ? {} : { withinS }),
  };
};

const nearOf = (values: readonly [Value, ...Value[]]): QueryTerm => {
  const [latitude, longitude, distance, more] = values;
  if (!longitude || !distance || more)
    throw new Wrong(
      more?.at ?? latitude.at,
      "must be latitude,longitude,distance such as 38.19,15.55,2km",
    );
  const within = (value: Value, most: number): number => {
    const number = /^-?\d{1,3}(\.\d{1,9})?$/.test(value.text) ? Number(value.text) : Number.NaN;
    if (!(Math.abs(number) <= most))
      throw new Wrong(value.at, `must be a number from -${most} to ${most}`);
    return number;
  };
  const said = /^(\d{1,8}(?:\.\d{1,9})?)(m|km)$/.exec(distance.text);
  const exact = Number(said?.[1]) * (metresPerUnit[said?.[2] ?? ""] ?? Number.NaN);
  // To the millimetre: no position is known better.
  const metres = Math.round(exact * 1_000) / 1_000;
  if (!(metres <= FURTHEST_M))
    throw new Wrong(distance.at, "must be a distance such as 800m or 2km");
  return {
    kind: "near",
    latitude: within(latitude, 90),
    longitude: within(longitude, 180),
    metres,
  };
};

/** Text → query, or where and why it is none. */
export const readBoardQuery = (
  text: string,
):
  | { readonly query: BoardQuery; readonly fault?: undefined }
  | { readonly fault: QueryFault; readonly query?: undefined } => {
  try {
    return { query: new Reading(text).whole() };
  } catch (error) {
    if (error instanceof Wrong) return { fault: error.fault };
    throw error;
  }
};

/** The same. Throws `query.invalid`. */
export const parseBoardQuery = (text: string): BoardQuery => {
  const { query, fault } = readBoardQuery(text);
  // For people characters count from 1.
  if (fault) throw fail("query.invalid", { at: fault.at + 1, because: fault.because });
  return query;
};
