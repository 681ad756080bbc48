import type { BoardId, ProjectId } from "@s4t/contract";
import { expect, it } from "vitest";
import { SeriesMemory } from "./series-memory.ts";

const project = "project" as ProjectId;
const board = "board" as BoardId;
const rows = [
  { id: 12, name: "load", unit: "1", periodS: 60 },
  { id: 7, name: "heat", unit: "Cel", periodS: 60 },
  { id: 8, name: "memory", unit: "By", periodS: 60 },
];

it.each([
  ["that follow one another", [7, 8, 9]],
  ["with gaps", [7, 8, 12]],
])("gives series their own numbers, %s", (_, ids) => {
  const memory = new SeriesMemory();
  const known = rows.map((row, i) => ({ ...row, id: ids[i] as number }));
  memory.keep(project, board, known);
  const kept = memory.of(project, board);
  expect(kept?.list()).toEqual(known);
  for (const row of known)
    expect([kept?.get(row.name), kept?.find(row.name)]).toEqual([row.id, row]);
  expect(kept?.get("other")).toBeUndefined();
});

it("knows a board in its project alone, until it is forgotten", () => {
  const memory = new SeriesMemory();
  memory.keep(project, board, rows);
  expect(memory.of("another" as ProjectId, board)).toBeUndefined();
  memory.forget(board);
  expect(memory.of(project, board)).toBeUndefined();
});

it("tells what is new or described otherwise", () => {
  const kept = new SeriesMemory().keep(project, board, rows);
  const told = { unit: "1", periodS: 60 };
  expect(kept.changed({ load: told })).toEqual([]);
  const other = { ...told, periodS: 30 };
  expect(kept.changed({ load: other, news: told })).toEqual([
    ["load", other],
    ["news", told],
  ]);
});
