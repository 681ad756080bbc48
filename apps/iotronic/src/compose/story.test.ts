import type { PluginRuntime } from "@s4t/contract";
import { describe, expect, it } from "vitest";
import { type Story, tellStory } from "./story.ts";

const story = (members: Partial<Story> = {}): string =>
  tellStory({
    ...{ url: "http://127.0.0.1:8080", link: "http://127.0.0.1:8080/app/sign-in#code" },
    ...{ managedAt: null, folder: "/tmp/s4t", board: "lamp", runtimes: ["python", "node"] },
    ...{ demo: { boards: 0, online: 0 }, tookMs: 1_500, remembered: true, lanUrl: null },
    ...members,
  });
/** Lines to paste, without the program's name. */
const commands = (text: string): string[] =>
  [...text.matchAll(/^ {16}\.\/s4t (.+)$/gm)].map(([, line]) => line ?? "");
const code = (runtime: PluginRuntime, file: string): string[] => [
  `plugin create examples/hello/${file} --name hello-${runtime} --runtime ${runtime} --mode sync`,
  `plugin inject lamp hello-${runtime}`,
  `plugin call lamp hello-${runtime} --params '{"name":"you"}'`,
];
const python = code("python", "hello.py");
const node = code("node", "hello.mjs");
const board = ["board ping lamp", "board info lamp", "board watch lamp --count 2"];
const reach = ["shell lamp", "forward lamp 9999:127.0.0.1:8080"];

describe("what a start prints to try", () => {
  it.each<[readonly PluginRuntime[], readonly string[]]>([
    [
      ["python", "node"],
      [...python, ...node],
    ],
    [["node"], node],
    [[], []],
  ])("on a board that runs %j has code in just that", (runtimes, lines) => {
    const text = story({ runtimes });
    expect(commands(text)).toEqual([
      ...["board list", ...board],
      ...lines,
      ...["audit verify", ...reach],
    ]);
    if (!runtimes.includes("python")) expect(text).not.toMatch(/python/i);
  });
  it("without a board of its own names none", () => {
    expect(commands(story({ board: null, runtimes: [] }))).toEqual(["board list", "audit verify"]);
  });
  it("quotes what a shell would take apart, and names the data where nothing remembers it", () => {
    const text = story({ board: "it's; rm", folder: "/tmp/a b", remembered: false });
    expect(text).toContain("S4T_DATA='/tmp/a b' ./s4t shell 'it'\\''s; rm'");
  });
});

it("sends people to their Keystone, and says of no password that there is none of", () => {
  const own = story();
  expect(own).toContain("it signs you in");
  expect(own).toContain("admin.json");
  const link = "http://127.0.0.1:8080/app/sign-in";
  const text = story({ managedAt: "https://keystone.example:5000", link });
  expect(text).toContain("of the Keystone at https://keystone.example:5000");
  expect(text).toContain(`${link}\n`);
  expect(text).not.toMatch(/it signs you in|admin\.json/);
});
