import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock, type ManualClock } from "../../../../../../packages/kit/test/clock.ts";
import { certificatesConformance } from "../../../ports/certificates.conformance.ts";
import type { CertificatesDriver } from "../../../ports/certificates.ts";
import { embeddedCertificates } from "./index.ts";

let folder = "";
let clock: ManualClock;

const start = async (): Promise<CertificatesDriver> => {
  const driver = embeddedCertificates({ folder, name: "Città di prova", clock });
  await driver.start?.();
  return driver;
};

certificatesConformance("embedded", {
  open: () => {
    folder = mkdtempSync(join(tmpdir(), "s4t-certificates-"));
    clock = createManualClock(Date.parse("2026-11-27"));
    return start();
  },
  reopen: start,
  close: async () => rmSync(folder, { recursive: true, force: true }),
  advance: (ms) => clock.advance(ms),
});
