import { AsyncLocalStorage } from "node:async_hooks";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultPluginLimits, defaultPluginNeeds } from "@s4t/contract";
import { expect, it } from "vitest";
import { openPluginProcesses } from "./processes.ts";

it("what a process says, and its end, is nothing of the call that started it", async () => {
  const places = new AsyncLocalStorage<string>();
  const top = mkdtempSync(join(tmpdir(), "s4t-processes-"));
  const processes = openPluginProcesses({ top, folder: join(top, "hosts") });
  await processes.look();
  const [folder, stateFolder] = [join(top, "versions/1"), join(top, "states/one")];
  for (const path of [folder, stateFolder]) mkdirSync(path, { recursive: true });
  const heard: [string, unknown][] = [];
  const hear = (what: string) => heard.push([what, places.getStore()]);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const started = places.run("a call", () =>
    processes.start(
      {
        ...{ name: "one", folder, stateFolder, runtime: "node" },
        ...{ limits: defaultPluginLimits, needs: defaultPluginNeeds },
      },
      {
        onBytes: () => hear("bytes"),
        onBytesEnd: () => hear("bytes end"),
        onOutput: () => hear("output"),
        onEnd() {
          hear("end");
          end();
        },
      },
    ),
  );
  try {
    await expect.poll(() => heard.map(([what]) => what)).toContain("bytes");
    const { pid } = started.use();
    process.kill(pid as number, "SIGKILL");
    await ended;
    expect(heard.map(([what]) => what)).toContain("end");
    expect(heard.filter(([, place]) => place !== undefined)).toEqual([]);
  } finally {
    await started.kill();
    rmSync(top, { recursive: true, force: true });
  }
});
