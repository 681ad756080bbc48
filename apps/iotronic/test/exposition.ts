// Reads `/metrics` as a scraper does: Prometheus' text format 0.0.4, every line of it, or an error that says which is wrong.

const name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const number = "(?:[+-]?(?:\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|Inf)|NaN)";
const sample = new RegExp(`^(${name})((?:\\{${label}(?:,${label})*\\})?) (${number})$`);
const comment = new RegExp(`^# (HELP|TYPE) (${name}) (.+)$`);

/** One family: what is told of it, and its samples by name and labels. */
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: ReadonlyMap<string, number>;
}

const numberOf = (text: string): number =>
  /Inf/.test(text) ? Number(text.replace("Inf", "Infinity")) : Number(text);

const suffixes: Readonly<Record<string, string>> = {
  histogram: "(?:_bucket|_sum|_count)",
  summary: "(?:|_sum|_count)",
};

/** Families of an exposition. Throws for a line that is none, and for a sample outside its family. */
export const parseExposition = (text: string): ReadonlyMap<string, Family> => {
  const families = new Map<string, Family & { readonly samples: Map<string, number> }>();
  let of = { name: "", help: "", type: "" };
  if (!text.endsWith("\n")) throw new TypeError("the last line does not end");
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const told = comment.exec(line);
    if (told) {
      const [, kind, about = "", rest = ""] = told;
      if (kind === "HELP") of = { name: about, help: rest, type: "" };
      else if (of.name !== about) throw new TypeError(`type without help: ${line}`);
      else of.type = rest;
      if (kind === "TYPE" && families.has(about)) throw new TypeError(`told twice: ${about}`);
      if (kind === "TYPE") families.set(about, { type: rest, help: of.help, samples: new Map() });
      continue;
    }
    const [, called = "", labels = "", value = ""] = sample.exec(line) ?? [];
    if (called === "") throw new TypeError(`not a line of the format: ${line}`);
    const form = new RegExp(`^${of.name}${suffixes[of.type] ?? ""}$`);
    if (!form.test(called)) throw new TypeError(`a sample outside its family: ${line}`);
    const { samples } = families.get(of.name) ?? {};
    if (samples?.has(called + labels)) throw new TypeError(`told twice: ${line}`);
    samples?.set(called + labels, numberOf(value));
  }
  return families;
};

/** All samples of a cloud, by name and labels: `s4t_boards{status="online"}`. */
export const readMetrics = async (url: string): Promise<ReadonlyMap<string, number>> => {
  const families = parseExposition(await (await fetch(`${url}/metrics`)).text());
  return new Map([...families.values()].flatMap(({ samples }) => [...samples]));
};
