import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import { readConfig } from "../config.ts";
import { openLan } from "./lan.ts";

it("a cloud that starts again vouches for the names that it had, and needs no other certificate for them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "s4t-lan-"));
  const start = async (listen: string): Promise<string> => {
    const { config } = readConfig(["--data", folder, "--listen", listen], {});
    const lan = await openLan(config, folder, systemClock, silentLog);
    return String(lan?.credentials.chain);
  };
  const namesOf = (chain: string) => new X509Certificate(chain).subjectAltName;
  try {
    await start("192.0.2.7");
    const second = await start("2001:db8::7");
    for (const name of ["192.0.2.7", "2001:DB8:0:0:0:0:0:7"])
      expect(namesOf(second)).toContain(`IP Address:${name}`);
    expect(await start("192.0.2.7")).toBe(second);
    expect(await start("2001:db8::7")).toBe(second);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
