// A machine without a Python that plugins could run in, as a mount namespace whose own are covered: what it prints at the start, what
// it says of itself, and what it answers whom gives it a plugin of that language.
import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { pasteAndWait } from "./s4t.ts";

/** All that a program is looked for in on this machine. */
const path = "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin";
let folder: ReturnType<typeof temporaryFolder>;
let cloud: RunningCloud | undefined;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await cloud?.kill("SIGTERM");
  cloud = undefined;
  folder.remove();
});

const coverEach =
  'cover=$1; shift; for one in $(which -a python3); do mount --bind "$cover" "$one"; done; exec "$@"';

/** Starts a cloud with this machine as its board, where every Python is covered by a file. */
const startWithout = async (text: string, mode: number) => {
  const cover = join(folder.path, "cover");
  writeFileSync(cover, text);
  chmodSync(cover, mode);
  const env = { HOME: folder.path, PATH: path };
  const running = await startCloud(join(folder.path, "data"), {
    under: ["unshare", "--mount", "sh", "-c", coverEach, "sh", cover],
    args: ["--board", "auto"],
    env,
  });
  cloud = running;
  const s4t = (line: string) => pasteAndWait(`./s4t ${line}`, { HOME: folder.path });
  return { running, s4t };
};

it.each([
  ["no Python", "", 0o644],
  ["a Python that is too old", "#!/bin/sh\nprintf '%s\\n' \"$0\" 3.8.20 /usr\n", 0o755],
])(
  "a machine with %s says so, and takes no plugin in it",
  async (_, text, mode) => {
    expect(spawnSync("which", ["python3"], { env: { PATH: path } }).status).toBe(0);
    const { running, s4t } = await startWithout(text, mode);
    const said = running.said();
    const board = /This machine {2}is the board (\S+)/.exec(said)?.[1];
    expect(said).toContain(`plugin call ${board} hello-node`);
    expect(said).not.toMatch(/python/i);
    const info = JSON.parse((await s4t(`board info ${board} --json`)).out);
    expect(info.plugins).toMatchObject({ node: expect.any(String), python: null });

    for (const [runtime, file] of Object.entries({ node: "hello.mjs", python: "hello.py" }))
      expect((await s4t(`plugin create examples/hello/${file} --name ${runtime}`)).code).toBe(0);
    expect(await s4t(`plugin inject ${board} node`)).toMatchObject({ code: 0, err: "" });
    const { code, err } = await s4t(`plugin inject ${board} python`);
    expect([code, err]).toEqual([78, expect.stringContaining("plugin.runtime-missing")]);
    expect(err).toContain("This board has no Python: install python3, 3.9 or newer.");
  },
  120_000,
);
