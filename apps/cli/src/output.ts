// How things are printed: tables and lines for people, JSON for programs. One place, so that every command looks the same.

import { errorRow, fail } from "@s4t/sdk";
import Table from "cli-table3";
import pc from "picocolors";
import { type CodedError, exitCodeOf, isS4tErrorLike } from "./errors.ts";

export interface OutputOptions {
  readonly json: boolean;
  /** Ids only. */
  readonly quiet?: boolean;
  /** Whether colours may stay; a terminal has them unless NO_COLOR says otherwise. */
  readonly colours?: boolean;
  readonly write?: (text: string) => void;
  readonly writeError?: (text: string) => void;
}

/** A column: its head and the text of a row. */
export type Column<Row> = readonly [head: string, text: (row: Row) => string];

const glyphs: Readonly<Record<string, string>> = {
  online: pc.green("●"),
  active: pc.green("●"),
  done: pc.green("✓"),
  reached: pc.green("✓"),
  degraded: pc.yellow("▲"),
  unknown: pc.yellow("◇"),
  offline: pc.red("✕"),
  failed: pc.red("✕"),
  denied: pc.red("⊘"),
  busy: pc.blue("◔"),
  running: pc.blue("◔"),
  queued: pc.dim("◷"),
  waiting: pc.dim("◷"),
  expired: pc.dim("⌛"),
  canceled: pc.dim("▬"),
  disabled: pc.dim("▬"),
  retired: pc.dim("▬"),
  new: pc.dim("◌"),
};

/** A state with its glyph: the word settles, the shape is seen first. */
export const stateText = (state: string): string => `${glyphs[state] ?? " "} ${state}`;

/** `2026-11-24T10:00:00Z` → `2 min ago`. */
export const ageText = (time: string | null, now = Date.now()): string => {
  if (time === null) return "never";
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1_000));
  if (seconds < 5) return "now";
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129_600) return `${Math.round(seconds / 3_600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
};

const colour = "\\u001b\\[\\d+m";
const colours = new RegExp(colour, "g");
// A colour, or any other control character but the line's end: what boards report must not steer a terminal.
const controls = new RegExp(`${colour}|[\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f]`, "g");

/** A text as a terminal may have it: our colours stay, everything else that steers is gone. */
export const safeText = (text: string): string =>
  text.replace(controls, (found) => (found.length > 1 ? found : " "));

const isTerminal = (): boolean =>
  process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";

const idOf = (thing: object): string => {
  const { uuid, name } = thing as { uuid?: unknown; name?: unknown };
  return typeof uuid === "string" ? uuid : typeof name === "string" ? name : "";
};

/** An error of the file system, in words of the table. */
const fileFailure = (error: unknown): CodedError | undefined => {
  const { code, path } = error as NodeJS.ErrnoException;
  const because: Readonly<Record<string, string>> = {
    ENOENT: "it is not there",
    EACCES: "this user may not use it",
    EPERM: "this user may not use it",
    EISDIR: "it is a folder",
    ENOTDIR: "what it should lie in is no folder",
    EROFS: "the disk is read-only",
    ENOSPC: "the disk is full",
  };
  return code !== undefined && path !== undefined && Object.hasOwn(because, code)
    ? fail("file.unusable", { file: path, because: because[code] ?? code }, error)
    : undefined;
};

/** Prints; knows whether a program or a person reads. */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly #write: (text: string) => void;
  readonly #writeError: (text: string) => void;

  constructor(options: OutputOptions) {
    this.json = options.json;
    this.quiet = options.quiet === true && !options.json;
    const keep = options.colours ?? isTerminal();
    const shown = (text: string): string =>
      keep ? safeText(text) : safeText(text).replace(colours, "");
    const write = options.write ?? ((text) => void process.stdout.write(text));
    const writeError = options.writeError ?? ((text) => void process.stderr.write(text));
    this.#write = options.json ? write : (text) => write(shown(text));
    this.#writeError = options.json ? writeError : (text) => writeError(shown(text));
  }

  line(text = ""): void {
    if (!this.json && !this.quiet) this.#write(`${text}\n`);
  }

  /** What goes to a pipe as it is, JSON asked for or not. */
  raw(text: string): void {
    this.#write(text);
  }

  note(text: string): void {
    this.#writeError(`${text}\n`);
  }

  /** A whole list: JSON is streamed as one array while its pages come. */
  async list<Row extends object>(
    rows: AsyncIterable<Row> | Iterable<Row>,
    columns: readonly Column<Row>[],
    empty: string,
  ): Promise<void> {
    if (this.json) {
      let first = true;
      for await (const row of rows) {
        this.#write(`${first ? "[\n" : ",\n"}  ${JSON.stringify(row)}`);
        first = false;
      }
      this.#write(first ? "[]\n" : "\n]\n");
      return;
    }
    if (this.quiet) {
      for await (const row of rows) this.#write(`${idOf(row)}\n`);
      return;
    }
    const table = new Table({
      head: columns.map(([head]) => pc.dim(head)),
      chars: {
        top: "",
        "top-mid": "",
        "top-left": "",
        "top-right": "",
        bottom: "",
        "bottom-mid": "",
        "bottom-left": "",
        "bottom-right": "",
        left: "",
        "left-mid": "",
        mid: "",
        "mid-mid": "",
        right: "",
        "right-mid": "",
        middle: "  ",
      },
      style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    });
    for await (const row of rows) table.push(columns.map(([, text]) => text(row)));
    if (table.length === 0) return this.note(empty);
    for (const line of table.toString().split("\n")) this.#write(`${line.trimEnd()}\n`);
  }

  /** One thing: JSON, or its members line by line. */
  thing(value: object, members: readonly (readonly [name: string, text: string])[]): void {
    if (this.json) {
      this.#write(`${JSON.stringify(value, null, 2)}\n`);
      return;
    }
    if (this.quiet) {
      if (idOf(value) !== "") this.#write(`${idOf(value)}\n`);
      return;
    }
    const width = Math.max(0, ...members.map(([name]) => name.length));
    for (const [name, text] of members) this.#write(`${pc.dim(name.padEnd(width))}  ${text}\n`);
  }

  /** Says what went wrong and what to do; answers the exit code. */
  failure(error: unknown): number {
    const known = isS4tErrorLike(error)
      ? error
      : (fileFailure(error) ?? {
          code: "internal",
          message: error instanceof Error ? error.message : String(error),
        });
    if (this.json)
      this.#writeError(
        `${JSON.stringify({
          type: `urn:s4t:error:${known.code}`,
          title: known.message,
          status: errorRow(known.code).status,
          code: known.code,
          details: known.details,
          retryable: errorRow(known.code).retryable,
        })}\n`,
      );
    else {
      this.#writeError(`${pc.red("✕")} ${known.message} ${pc.dim(`(${known.code})`)}\n`);
      const next = nextSteps[known.code];
      if (next) this.#writeError(`  ${next}\n`);
    }
    return exitCodeOf(known.code);
  }
}

const nextSteps: Readonly<Record<string, string>> = {
  "cloud.unreachable":
    "Is it running? Start one with npm start, or name one with --url or S4T_URL.",
  "auth.required": "Sign in with: s4t login",
  "auth.expired": "Sign in with: s4t login",
  "board.offline": "Let it wait for the board with --when-online, where the command has it.",
  "board.never-seen": "Enrol it: s4t board enrol NAME",
  "board.name-taken": "Choose another name, or make a new enrolment: s4t board enrol NAME",
  "project.needed": "Name one with --project. Yours: s4t project list",
  "project.not-found": "Yours: s4t project list",
  "board.not-found": "Those of your project: s4t board list",
  "plugin.not-found": "Those of your project: s4t plugin list",
  "plugin.not-injected": "Put it there: s4t plugin inject BOARD PLUGIN",
  "plugin.in-use":
    "Where it is: s4t plugin show PLUGIN. Take it off: s4t plugin eject BOARD PLUGIN",
  "plugin.unsigned":
    "Name the owner's key with --key, or sign it: s4t plugin sign PLUGIN --key FILE",
  "project.sealed":
    "Its owner puts another in its place: s4t project rekey PROJECT --key FILE --new-key FILE",
  "user.not-found": "All: s4t user list",
  "operation.not-found": "All: s4t op list",
  "token.not-found": "Yours: s4t token list",
  "credential.not-found": "Yours: s4t credential list",
  "policy.denied": "What you may do shows: s4t whoami",
  "request.stale": "Read it again, then change it again.",
  "command.unknown": "A late report may still settle it: s4t op show ID",
};
