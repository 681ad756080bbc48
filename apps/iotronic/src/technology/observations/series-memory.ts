// What is known of boards' series, so that whoever writes looks nothing up. Ten thousand boards measure the same: what their series
// are called is held once for all that have the same ones, and of each board only where its numbers begin.
import type { BoardId, ProjectId } from "@s4t/contract";

/** Boards whose series are kept in memory: some hundred bytes each. */
export const MAX_BOARDS_REMEMBERED = 100_000;
/** Sets of series that boards share; more than that are as many plugins as one cloud will hardly see. */
const MAX_FORMS = 10_000;

/** A series as the dictionary has it. */
export interface KnownSeries {
  readonly id: number;
  readonly name: string;
  readonly unit: string;
  readonly periodS: number;
}

interface Form {
  readonly series: readonly Omit<KnownSeries, "id">[];
  readonly places: ReadonlyMap<string, number>;
}

/** The series of one board. */
export class BoardSeries {
  readonly project: ProjectId;
  readonly #form: Form;
  /** Of the first; the others follow it, or have theirs in the list. */
  readonly #first: number;
  readonly #ids: readonly number[] | undefined;

  constructor(project: ProjectId, form: Form, ids: readonly number[]) {
    this.project = project;
    this.#form = form;
    this.#first = ids[0] ?? 0;
    this.#ids = ids.every((id, i) => id === this.#first + i) ? undefined : ids;
  }

  /** Names of all. */
  names(): Iterable<string> {
    return this.#form.places.keys();
  }

  list(): KnownSeries[] {
    return this.#form.series.map((each, i) => ({ ...each, id: this.#idAt(i) }));
  }

  /** The number of a series; undefined for one that nobody described. */
  get(name: string): number | undefined {
    const place = this.#form.places.get(name);
    return place === undefined ? undefined : this.#idAt(place);
  }

  find(name: string): KnownSeries | undefined {
    const place = this.#form.places.get(name);
    const series = place === undefined ? undefined : this.#form.series[place];
    return series && { ...series, id: this.#idAt(place as number) };
  }

  /** What of these is new, or described otherwise than it is known. */
  changed(
    told: Readonly<Record<string, { readonly unit: string; readonly periodS: number }>>,
  ): (readonly [name: string, { readonly unit: string; readonly periodS: number }])[] {
    return Object.entries(told).filter(([name, { unit, periodS }]) => {
      const place = this.#form.places.get(name);
      const known = place === undefined ? undefined : this.#form.series[place];
      return known?.unit !== unit || known.periodS !== periodS;
    });
  }

  #idAt(place: number): number {
    return this.#ids?.[place] ?? this.#first + place;
  }
}

/** The series of boards that were looked up; the one that came first goes first. */
export class SeriesMemory {
  readonly #boards = new Map<BoardId, BoardSeries>();
  readonly #forms = new Map<string, Form>();

  of(project: ProjectId, board: BoardId): BoardSeries | undefined {
    const known = this.#boards.get(board);
    return known?.project === project ? known : undefined;
  }

  /** Remembers the rows of the dictionary for a board. */
  keep(project: ProjectId, board: BoardId, rows: readonly KnownSeries[]): BoardSeries {
    const sorted = [...rows].sort((a, b) => a.id - b.id);
    const kept = new BoardSeries(
      project,
      this.#formOf(sorted),
      sorted.map(({ id }) => id),
    );
    if (this.#boards.size >= MAX_BOARDS_REMEMBERED) {
      const [first] = this.#boards.keys();
      if (first !== undefined) this.#boards.delete(first);
    }
    this.#boards.set(board, kept);
    return kept;
  }

  forget(board: BoardId): void {
    this.#boards.delete(board);
  }

  clear(): void {
    this.#boards.clear();
    this.#forms.clear();
  }

  #formOf(rows: readonly KnownSeries[]): Form {
    const series = rows.map(({ name, unit, periodS }) => ({ name, unit, periodS }));
    const key = JSON.stringify(series);
    const known = this.#forms.get(key);
    if (known) return known;
    const form = { series, places: new Map(series.map(({ name }, i) => [name, i] as const)) };
    if (this.#forms.size >= MAX_FORMS) this.#forms.clear();
    this.#forms.set(key, form);
    return form;
  }
}
