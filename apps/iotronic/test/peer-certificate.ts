// A certificate for a peer of tests, and the authority that vouches for it, which no machine knows.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@s4t/kit";
import { embeddedCertificates } from "../src/drivers/certificates/embedded/index.ts";

export interface PeerCertificate {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/** Makes one for a name. */
export const openPeerCertificate = async (name: string): Promise<PeerCertificate> => {
  const folder = mkdtempSync(join(tmpdir(), "s4t-peer-"));
  try {
    const certificates = embeddedCertificates({ folder, name: "peer", clock: systemClock });
    await certificates.start?.();
    const { key, chain } = await certificates.leafFor([name]);
    return { key, cert: chain, ca: certificates.trust().authority };
  } finally {
    rmSync(folder, { recursive: true });
  }
};
