// Every attempt at each level by itself, by root and by an ordinary user, on each Node that a board may have.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runtimePath, triedRuntimes } from "../../../../../../scripts/real/runtimes.ts";
import { type Elsewhere, openElsewhere } from "../../../../test/elsewhere.ts";
import { surprisesOf, type TriedMachine, tryEscapes } from "../../../../test/escape-run.ts";
import { tableIn } from "../../../../test/isolation-guide.ts";

const nodes: readonly (readonly [release: string, path: string])[] = [
  ...triedRuntimes.map((release) => [release, runtimePath(release)] as const),
  [process.versions.node, process.execPath],
];
let elsewhere: Elsewhere;
beforeAll(async () => {
  elsewhere = await openElsewhere("escape-program.ts");
});
afterAll(() => elsewhere.remove());

describe.each(nodes)("escapes on Node %s", (release, node) => {
  const attempt = (isOrdinary: boolean, ...args: string[]) =>
    elsewhere.run(args, { node, isOrdinary }) as Promise<TriedMachine>;
  const { columns, rows } = tableIn("The network");
  /** Whether the guide says that a plugin which nothing keeps from the network is refused, in a language. */
  const isSaidRefused = (isColumn: (column: string) => boolean): boolean => {
    const cells = rows.get("`limits`, where they may not") ?? [];
    expect(columns.filter(isColumn)).toHaveLength(1);
    return cells[columns.findIndex(isColumn)] === "**refused**";
  };
  const isNodeRefused = isSaidRefused(
    (column) => column.startsWith("Node ") && `${release}.`.startsWith(`${column.slice(5)}.`),
  );
  const isPythonRefused = isSaidRefused((column) => column === "Python");

  it.each(["full", "kernel"] as const)("as root, level %s", async (level) => {
    const result = await attempt(false, level);
    expect(result.isolation).toMatchObject({ level, network: true, nodeNetwork: true });
    expect(surprisesOf(result)).toEqual([]);
  });

  it.each(["full", "limits"] as const)("as an ordinary user, level %s", async (level) => {
    const result = await attempt(true, level);
    expect(result.isolation).toMatchObject({ level, network: true, nodeNetwork: true });
    expect(surprisesOf(result)).toEqual([]);
  });

  it("as an ordinary user who may make no namespace: what is to be kept from the network and cannot is refused", async () => {
    const result = await attempt(true, "limits", "unshare");
    expect(result.isolation).toMatchObject({
      ...{ level: "limits", nodePermissions: true },
      ...{ network: false, nodeNetwork: !isNodeRefused },
    });
    expect(surprisesOf(result)).toEqual([]);
    const refused = (wanted: string) =>
      result.tried.some(
        ({ runtime, attempt, how }) =>
          runtime === wanted &&
          attempt.startsWith("connect to a network") &&
          /cannot keep the plugin from the network/.test(how),
      );
    expect([refused("python"), refused("node")]).toEqual([isPythonRefused, isNodeRefused]);
  });
});

it("attempts are not stopped by accident: without anything most of them come through", async () => {
  const { tried } = await tryEscapes("limits"); // root, with root's rights
  const open = tried.filter(({ outcome }) => outcome === "open").map(({ attempt }) => attempt);
  for (const attempt of ["become root", "mount", "open a raw socket", "read the agent's key"])
    expect(open).toContain(attempt);
});
