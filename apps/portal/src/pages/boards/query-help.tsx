// What a query may say: examples to read, and what could come next while one types.
import { boardStates, queryFields } from "../../live/contract.ts";
import { useFleetChoices } from "../../live/fleets.ts";
import { type TextKey, useText } from "../../text/text.ts";
import css from "./filter-bar.module.css";

/** Suggestions at once: a line of them. */
const MOST_SUGGESTED = 8;

const examples = [
  ["garibaldi", "query.help.text"],
  ["status:offline,degraded", "query.help.status"],
  ["fleet:buses", "query.help.fleet"],
  ["label.zone:north", "query.help.label"],
  ["near:38.19,15.55,2km", "query.help.near"],
  ["sensor.cpu.load1>2", "query.help.sensor"],
  ["-fleet:*", "query.help.not"],
  ["(lamp or sign) fleet:buses", "query.help.or"],
  ['name:"Via Garibaldi"', "query.help.quote"],
] as const satisfies readonly (readonly [string, TextKey])[];

export const QueryHelp = () => {
  const t = useText();
  return (
    <details className={css.help}>
      <summary>{t("query.help")}</summary>
      <dl>
        {examples.map(([example, key]) => (
          <div key={example}>
            <dt>
              <code>{example}</code>
            </dt>
            <dd>{t(key)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
};

/** A value as it stands in a query. */
const written = (value: string): string =>
  /^[^\s()",]+$/.test(value) && value !== "*" ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;

/** The last term of a query: spaces within quotation marks part nothing. */
const lastOf = (query: string): string =>
  /(?:[^\s"]|"(?:[^"\\]|\\.)*")+$/.exec(query)?.[0] ?? query;

/** The last word of what is typed, what is before it, and what may take its place. */
const nextOf = (typed: string, fleets: readonly string[]): readonly string[] => {
  const [, before = "", word = ""] = /^([\s\S]*?[\s(-]|)([^\s()"-][^\s()"]*)$/.exec(typed) ?? [];
  if (word === "") return [];
  const [, field, value = ""] = /^([^:]+):(?:.*,)?([^,]*)$/.exec(word) ?? [];
  const stem = word.slice(0, word.length - value.length);
  const among = (values: readonly string[]) =>
    values
      .filter((each) => each.startsWith(value) && each !== value)
      .map((each) => `${before}${stem}${written(each)}`);
  if (field === "status") return among(boardStates);
  if (field === "fleet") return among(fleets);
  if (field !== undefined) return [];
  return queryFields
    .map((each) => (each.endsWith(".") ? each : `${each}:`))
    .filter((each) => each.startsWith(word) && each !== word)
    .map((each) => before + each);
};

export const Suggestions = ({
  project,
  typed,
  onTake,
}: {
  readonly project: string;
  readonly typed: string;
  readonly onTake: (next: string) => void;
}) => {
  const t = useText();
  const fleets = useFleetChoices(project).data?.map(({ name }) => name) ?? [];
  const next = nextOf(typed, fleets).slice(0, MOST_SUGGESTED);
  if (next.length === 0) return null;
  return (
    <ul className={css.next} aria-label={t("query.next")}>
      {next.map((each) => (
        <li key={each}>
          <button type="button" onClick={() => onTake(each)}>
            {lastOf(each)}
          </button>
        </li>
      ))}
    </ul>
  );
};
