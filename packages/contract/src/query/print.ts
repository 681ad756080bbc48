// Query → text, such that reading the text makes the same query.
import type { BoardQuery, QueryTerm, QueryValues } from "./tree.ts";

const quote = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
/** What a word may hold as a value of a field; `*` by itself means something. */
const valueText = (text: string): string =>
  /^[^\s()",]+$/.test(text) && text !== "*" ? text : quote(text);
/** What a word may hold as a text: it is no field, no group, no negation, and not `or`. */
const wordText = (text: string): string =>
  /^[^\s()"\-:,][^\s()":]*$/.test(text) && text !== "or" && !text.startsWith("sensor.")
    ? text
    : quote(text);

const valuesText = (values: QueryValues): string =>
  values === "any" ? "*" : values.map(valueText).join(",");

const numberText = (value: number): string =>
  // Never with an exponent, which the grammar does not have.
  value.toLocaleString("en", {
    useGrouping: false,
    maximumFractionDigits: 20,
    notation: "standard",
  });

const termText = (term: QueryTerm): string => {
  switch (term.kind) {
    case "text":
      return wordText(term.text);
    case "label":
      return `label.${term.name}:${valuesText(term.values)}`;
    case "near":
      return `near:${[term.latitude, term.longitude, term.metres].map(numberText).join(",")}m`;
    case "sensor": {
      const age = term.withinS === undefined ? "" : `@${term.withinS}s`;
      return `sensor.${term.series}${term.op}${numberText(term.value)}${age}`;
    }
    default:
      return `${term.kind}:${valuesText(term.values)}`;
  }
};

/** How tightly a query holds together: what is looser than where it stands gets brackets. */
const tightness = ({ kind }: BoardQuery): number => (kind === "or" ? 0 : kind === "and" ? 1 : 2);

const within = (query: BoardQuery, least: number): string => {
  const text = printBoardQuery(query);
  return tightness(query) < least ? `(${text})` : text;
};

/** The text of a query that was read, or made by the functions of the tree. */
export const printBoardQuery = (query: BoardQuery): string => {
  switch (query.kind) {
    case "and":
      return query.of.map((each) => within(each, 1)).join(" ");
    case "or":
      return query.of.map((each) => within(each, 1)).join(" or ");
    case "not":
      return `-${within(query.of, 2)}`;
    default:
      return termText(query);
  }
};
