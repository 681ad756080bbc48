import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isS4tError } from "@s4t/kit";
import { createClient, createPlugin, packPlugin } from "@s4t/sdk";
import { expect, it } from "vitest";
import { fillAndRecover } from "./disk.ts";
import { startCloud, temporaryFolder } from "./program.ts";

it("a full disk: writes are refused with a code, nothing is lost, and it goes on when there is room", async () => {
  const folder = temporaryFolder();
  // A disk of its own, seen by the cloud alone.
  const mount = 'mount -t tmpfs -o size=16m tmpfs "$0" && exec "$@"';
  const cloud = await startCloud(folder.path, {
    under: ["unshare", "--mount", "sh", "-c", mount, folder.path],
  });
  try {
    await cloud.signIn();
    const ballast = join(cloud.seen(folder.path), "ballast");
    writeFileSync(ballast, Buffer.alloc(8_000_000));
    await fillAndRecover(cloud, () => rmSync(ballast));
    expect((await cloud.kill("SIGTERM")).code).toBe(0);
  } finally {
    await cloud.kill("SIGKILL");
    folder.remove();
  }
}, 120_000);

it("a disk that fills up with plugins: what does not fit is refused and leaves nothing, what fits stays", async () => {
  const folder = temporaryFolder();
  const mount = 'mount -t tmpfs -o size=24m tmpfs "$0" && exec "$@"';
  const cloud = await startCloud(folder.path, {
    under: ["unshare", "--mount", "sh", "-c", mount, folder.path],
  });
  try {
    const client = createClient({ url: cloud.url, auth: await cloud.signIn() });
    const ballast = join(cloud.seen(folder.path), "ballast");
    writeFileSync(ballast, Buffer.alloc(6_000_000));
    // Bytes that no packing makes smaller.
    const make = async (name: string) =>
      createPlugin(
        client,
        await packPlugin(
          [
            { path: "main.mjs", bytes: Buffer.from("export default () => 1;\n") },
            { path: "data.bin", bytes: randomBytes(2_000_000) },
          ],
          { name, runtime: "node", mode: "sync", entry: "main.mjs" },
        ),
      );
    const made: string[] = [];
    let refusal: unknown;
    for (let i = 0; i < 50 && refusal === undefined; i += 1)
      try {
        await make(`p-${i}`);
        made.push(`p-${i}`);
      } catch (error) {
        refusal = error;
      }
    expect(isS4tError(refusal) && refusal.code).toBe("cloud.storage-full");
    expect(made.length).toBeGreaterThan(0);
    /** Every file below the folder of bytes, by its name. */
    const kept = () =>
      readdirSync(join(cloud.seen(folder.path), "blobs"), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name);
    expect(kept().filter((name) => !/^[0-9a-f]{64}$/.test(name))).toEqual([]);
    const shown = (await cloud.call("GET", "/api/plugins")).body.items as { name: string }[];
    expect(shown.map(({ name }) => name).sort()).toEqual(made.toSorted());
    rmSync(ballast);
    await make("again");
    for (const name of [...made, "again"])
      expect((await cloud.call("GET", `/api/plugins/${name}/versions`)).body.items).toHaveLength(1);
    expect((await cloud.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
    expect((await cloud.kill("SIGTERM")).code).toBe(0);
  } finally {
    await cloud.kill("SIGKILL");
    folder.remove();
  }
}, 120_000);

it("a folder of bytes that becomes read-only: what would be stored is refused with a code, what is there stays, and it goes on by itself", async () => {
  const folder = temporaryFolder();
  const bytes = join(folder.path, "blobs");
  const mount = 'mkdir -m 700 "$0" && mount -t tmpfs -o mode=700 tmpfs "$0" && exec "$@"';
  const cloud = await startCloud(folder.path, {
    under: ["unshare", "--mount", "sh", "-c", mount, bytes],
  });
  const [, pid = ""] = /^\/proc\/(\d+)\//.exec(cloud.seen("/")) ?? [];
  const remount = (how: "ro" | "rw") =>
    execFileSync("nsenter", ["-t", pid, "-m", "mount", "-o", `remount,${how}`, bytes]);
  try {
    const client = createClient({ url: cloud.url, auth: await cloud.signIn() });
    const make = async (name: string) =>
      createPlugin(
        client,
        await packPlugin(
          [{ path: "main.mjs", bytes: Buffer.from(`export default () => "${name}";`) }],
          {
            ...({ name, runtime: "node", mode: "sync", entry: "main.mjs" } as const),
          },
        ),
      );
    await make("before");
    remount("ro");
    for (let i = 0; i < 3; i += 1) {
      const refusal: unknown = await make("refused").catch((error: unknown) => error);
      expect(isS4tError(refusal) && refusal.code, String(refusal)).toBe("cloud.unavailable");
    }
    const content = "/api/plugins/before/versions/1/content";
    expect((await cloud.call("GET", content)).status).toBe(200);
    expect((await cloud.call("GET", "/api/plugins/refused")).body.code).toBe("plugin.not-found");
    expect((await cloud.call("GET", "/api/backup")).status).toBe(200);
    remount("rw");
    await make("refused");
    expect((await cloud.call("POST", "/api/audit/verify")).body).toMatchObject({ intact: true });
    expect((await cloud.kill("SIGTERM")).code).toBe(0);
    expect(cloud.said()).not.toContain("Reference");
  } finally {
    await cloud.kill("SIGKILL");
    folder.remove();
  }
}, 120_000);
