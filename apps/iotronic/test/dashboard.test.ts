// The dashboard that ships, against `/metrics` of a running cloud: every series that a panel asks for is there, and every metric of
// ours has a panel.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { enrolBoard, joinAs, offer } from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { parseExposition } from "./exposition.ts";

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number };
    readonly targets: readonly { readonly refId: string; readonly expr: string }[];
  }[];
}
const file = new URL("../../../deploy/grafana.json", import.meta.url);
const { panels }: Dashboard = JSON.parse(readFileSync(file, "utf8"));
const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

let cloud: TestCloud;
let told: ReturnType<typeof parseExposition>;
beforeAll(async () => {
  cloud = await openTestCloud();
  // What counts by label says nothing before something happened.
  const board = await enrolBoard(cloud, "asked");
  const joined = await joinAs(cloud, board);
  await offer(joined, board, () => ({ args: [{ atMs: 1 }] }));
  await cloud.call("POST", `/api/boards/${board.uuid}/ping`, { token: cloud.admin, body: {} });
  told = parseExposition(await (await fetch(`${cloud.url}/metrics`)).text());
  await joined.session.close();
}, 60_000);
afterAll(() => cloud.close());

/** Metrics that a query names, as they are declared: a histogram by its parts. */
const namesIn = (query: string): readonly string[] =>
  [...query.matchAll(/\b((?:s4t|process|nodejs)_\w+)\{/g)].map(([, name = ""]) => name);
const declared = (name: string): boolean =>
  told.has(name) ||
  (told.get(name.replace(/_(bucket|count|sum)$/, ""))?.type === "histogram" &&
    /_(bucket|count|sum)$/.test(name));

it("asks for nothing that the cloud does not tell", () => {
  expect(queries.flatMap(namesIn).length).toBeGreaterThan(30);
  for (const query of queries) {
    expect(namesIn(query).length, query).toBeGreaterThan(0);
    for (const name of namesIn(query)) expect(declared(name), name).toBe(true);
  }
});

it("asks for labels that the metric has", () => {
  const command = told.get("s4t_command_duration_seconds");
  expect(command?.type).toBe("histogram");
  const page = readFileSync(new URL("../../../docs/reference/metrics.md", import.meta.url), "utf8");
  for (const query of queries) {
    const by =
      /by \(([^)]*)\)/
        .exec(query)?.[1]
        ?.split(", ")
        .filter((label) => label !== "le") ?? [];
    for (const name of namesIn(query)) {
      const base = name.replace(/_(bucket|count)$/, "");
      const row = page.split("\n").find((line) => line.startsWith(`| \`${base}\``)) ?? "";
      for (const label of by) expect(row.split("|")[3], `${name} by ${label}`).toContain(label);
    }
  }
});

it("has a panel for every metric of ours, each in a place of its own", () => {
  const asked = new Set(
    queries.flatMap(namesIn).flatMap((name) => [name, name.replace(/_(bucket|count)$/, "")]),
  );
  for (const name of told.keys()) if (name.startsWith("s4t_")) expect(asked, name).toContain(name);
  const places = panels.map(({ gridPos: { x, y } }) => `${x} ${y}`);
  expect(new Set(places).size).toBe(panels.length);
});
